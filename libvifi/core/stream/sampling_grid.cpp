#include "stream/sampling_grid.h"

#include <cstdlib>
#include <string>

#include "vifi/error.h"

namespace vifi {

SamplingGrid::SamplingGrid(std::int64_t window_ns, int frames) : window_ns_(window_ns), frames_(frames) {
  if (frames <= 0 || window_ns < frames) {
    throw Error(ErrorCode::invalid_argument,
                "[sampling grid] window " + std::to_string(window_ns) + " ns with " + std::to_string(frames) +
                    " frames: expected at least one frame and one nanosecond for each",
                "set window and frames, or leave both at 0 to take the bundle's");
  }
}

int SamplingGrid::points_for(std::int64_t pts_ns) {
  if (!base_ns_) {
    base_ns_ = newest_ns_ = pts_ns;
  }
  if (pts_ns < newest_ns_) {
    return 0;
  }
  newest_ns_ = pts_ns;

  const std::int64_t first = next_index_;
  while (*time_of(next_index_) <= pts_ns) {
    ++next_index_;
  }
  return static_cast<int>(next_index_ - first);
}

bool SamplingGrid::is_jump(std::int64_t pts_ns) const {
  return base_ns_ && std::abs(pts_ns - newest_ns_) > window_ns_;
}

std::optional<std::int64_t> SamplingGrid::time_of(std::int64_t index) const {
  if (!base_ns_) {
    return std::nullopt;
  }
  return *base_ns_ + grid_offset(index, window_ns_, frames_);
}

void SamplingGrid::reset() {
  base_ns_.reset();
  newest_ns_ = next_index_ = 0;
}

std::int64_t grid_offset(std::int64_t index, std::int64_t window_ns, int frames) {
  return index / frames * window_ns + index % frames * window_ns / frames;
}

}  // namespace vifi
