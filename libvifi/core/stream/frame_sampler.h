#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>

#include "stream/sampling_grid.h"
#include "vifi/recogniser.h"

namespace vifi {

/// A recogniser's first half: which frames count, and their preparation. `sample`: one thread; the rest: any.
class FrameSampler {
 public:
  FrameSampler(std::int64_t window_ns, int frames, Prepare prepare);

  std::optional<Sample> sample(const FrameView& frame);

  /// The next frame becomes the base of a new grid, in a new epoch.
  void reset();
  std::uint64_t epoch() const;

  std::uint64_t frames_seen() const { return frames_seen_; }
  std::uint64_t jumps() const { return jumps_; }
  std::int64_t prepare_ns_total() const { return prepare_ns_total_; }

 private:
  std::optional<Sample> next_sample(const FrameView& frame);

  Prepare prepare_;
  std::atomic<std::uint64_t> frames_seen_{0};
  std::atomic<std::uint64_t> jumps_{0};
  std::atomic<std::int64_t> prepare_ns_total_{0};
  mutable std::mutex mutex_;  // protects what follows
  SamplingGrid grid_;
  bool jumped_ = false;  // and no sample has told so yet
  std::uint64_t epoch_ = 0;
};

}  // namespace vifi
