#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/clip_source.h"
#include "vifi/export.h"

namespace vifi::train {

/// What to do with a sample that cannot be read.
enum class OnBroken { fail, skip };

struct LoaderOptions {
  int batch = 8;
  int workers = 2;     ///< threads that read
  int prefetch = 2;    ///< batches read ahead; with the one in use, what memory must hold
  bool shuffle = true;
  bool drop_last = true;
  std::uint64_t seed = 0;
  int rank = 0;
  int ranks = 1;
  OnBroken on_broken = OnBroken::fail;
};

/// Samples of one step. Plain memory.
struct Batch {
  std::int64_t step = 0;                   ///< in the epoch
  std::array<std::int64_t, 5> shape{};     ///< B, T, C, H, W; B is smaller where samples were skipped, and may be 0
  std::vector<float> images;               ///< [B, T, C, H, W]
  std::vector<std::int64_t> labels;        ///< [B]
  std::vector<std::int64_t> samples;       ///< [B], numbers in the source
};

struct BrokenSample {
  std::int64_t sample = 0;
  std::string name;
  std::string error;
};

/// Reads a source batch by batch, ahead of its use, on several threads. What comes depends on seed, epoch and rank
/// alone: not on the number of workers, nor on other samples. One thread uses it.
class VIFI_API Loader {
 public:
  /// @throws Error(invalid_argument)
  Loader(std::shared_ptr<const ClipSource> source, const LoaderOptions& options);
  ~Loader();
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  /// Batches of an epoch for this rank.
  std::int64_t steps() const;

  /// Forgets what was read ahead and begins an epoch. @param first_step  where a resumed one goes on
  void begin(std::int64_t epoch, std::int64_t first_step = 0);

  /// Waits for the next batch; nothing at the epoch's end.
  /// @throws Error of the first broken sample of the batch, with on_broken = fail; the epoch is over then
  std::optional<Batch> next();

  /// Gives the memory of a used batch back for a later one.
  void recycle(Batch&& batch);

  /// Samples that were skipped since the beginning, each named once.
  std::vector<BrokenSample> broken() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vifi::train
