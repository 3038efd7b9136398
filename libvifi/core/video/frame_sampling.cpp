#include "video/frame_sampling.h"

#include <fmt/format.h>

#include <cmath>

#include "vifi/error.h"

namespace vifi {
namespace {

void check_counts(std::int64_t video_frames, int frames) {
  if (video_frames <= 0 || frames <= 0) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("[sample frames] {} of {} frames: both must be positive", frames, video_frames),
                "a video without frames cannot be classified");
  }
}

std::int64_t checked_draw(const Draw& draw, std::int64_t bound) {
  const std::int64_t value = draw(bound);
  if (value < 0 || value >= bound) {
    throw Error(ErrorCode::invalid_argument, fmt::format("[sample frames] draw {}: expected 0 to {}", value, bound - 1));
  }
  return value;
}

}  // namespace

std::vector<std::int64_t> test_frame_indices(std::int64_t video_frames, int frames) {
  check_counts(video_frames, frames);
  const double interval = static_cast<double>(video_frames) / frames;
  std::vector<std::int64_t> indices(frames);
  for (int i = 0; i < frames; ++i) {
    indices[i] = static_cast<std::int64_t>(i * interval + interval / 2);
  }
  return indices;
}

std::vector<std::int64_t> train_frame_indices(std::int64_t video_frames, int frames, const Draw& draw) {
  check_counts(video_frames, frames);
  std::vector<std::int64_t> indices(frames);
  const std::int64_t interval = video_frames / frames;
  const double ratio = static_cast<double>(video_frames) / frames;
  for (int i = 0; i < frames; ++i) {
    indices[i] = interval > 0 ? i * interval + checked_draw(draw, interval) : std::llrint(i * ratio) % video_frames;
  }
  return indices;
}

std::vector<std::int64_t> multi_view_frame_indices(std::int64_t video_frames, int frames, int views, const Draw& draw) {
  std::vector<std::int64_t> indices;
  for (int view = 0; view < views; ++view) {
    const auto one = train_frame_indices(video_frames, frames, draw);
    indices.insert(indices.end(), one.begin(), one.end());
  }
  return indices;
}

}  // namespace vifi
