#pragma once

#include <memory>
#include <string>
#include <vector>

#include "data/clip_source.h"
#include "mini/clip.h"
#include "transforms/transform.h"
#include "vifi/export.h"

namespace vifi::train::mini {

/// When the frames of a clip are shown: `stored` of them, evenly spread over 1 to 6 s at 8 to 24 frames a second.
struct ClipTimes {
  double duration_s = 0;
  std::vector<double> t;
};
VIFI_API ClipTimes draw_times(int stored, Random& random);

struct MiniClipOptions {
  std::string list = "finetune";         ///< phrase_list's name: labels are positions in it
  std::string set = "finetune";          ///< sets of other names share no draw
  std::uint64_t seed = 0;
  int clips = 200;                       ///< of each phrase
  int first_clip = 0;                    ///< number of the first one
  int stored = 8;                        ///< frames that a clip has
  int frames = 4;                        ///< T: one drawn of each of T equal parts, or all where it equals `stored`
  std::array<float, 3> mean{0.48145466F, 0.4578275F, 0.40821073F};
  std::array<float, 3> std{0.26862954F, 0.26130258F, 0.27577711F};
};

/// Clips that are drawn while they are read: nothing lies on disk.
class VIFI_API MiniClips : public ClipSource {
 public:
  explicit MiniClips(const MiniClipOptions& options);

  std::size_t size() const override { return phrases_.size() * static_cast<std::size_t>(options_.clips); }
  std::array<std::int64_t, 4> shape() const override { return {options_.frames, 3, kInputSize, kInputSize}; }
  std::int64_t label(std::size_t sample) const override { return static_cast<std::int64_t>(sample) / options_.clips; }
  std::string name(std::size_t sample) const override;
  std::unique_ptr<ClipReader> reader() const override;

  std::vector<std::string> labels() const;

 private:
  class Reader;

  MiniClipOptions options_;
  std::vector<std::size_t> phrases_;
};

/// Number of a set's name, for keys.
VIFI_API std::uint64_t set_key(const std::string& name);

}  // namespace vifi::train::mini
