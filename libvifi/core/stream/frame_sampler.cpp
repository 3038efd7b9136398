#include "stream/frame_sampler.h"

#include <chrono>
#include <string>
#include <utility>

#include "vifi/error.h"

namespace vifi {
namespace {

/// Sums and differences of two times stay within 64 bits.
constexpr std::int64_t kFarthestNs = (std::int64_t{1} << 62) - 1;

}  // namespace

FrameSampler::FrameSampler(std::int64_t window_ns, int frames, Prepare prepare)
    : prepare_(std::move(prepare)), grid_(window_ns, frames) {}

std::optional<Sample> FrameSampler::sample(const FrameView& frame) {
  if (frame.pts_ns < -kFarthestNs || frame.pts_ns > kFarthestNs) {
    throw Error(ErrorCode::invalid_argument,
                "[frame time] expected at most 146 years around 0, got " + std::to_string(frame.pts_ns) + " ns",
                "FrameView::pts_ns is a stream time in nanoseconds");
  }
  ++frames_seen_;
  std::optional<Sample> sample = next_sample(frame);
  if (!sample) {
    return std::nullopt;
  }
  const auto start = std::chrono::steady_clock::now();
  prepare_(frame, sample->frame);
  prepare_ns_total_ += std::chrono::nanoseconds(std::chrono::steady_clock::now() - start).count();

  if (sample->reset_before) {  // told only now: a frame that could not be prepared must not swallow it
    std::lock_guard lock(mutex_);
    jumped_ = jumped_ && sample->epoch != epoch_;
  }
  return sample;
}

std::optional<Sample> FrameSampler::next_sample(const FrameView& frame) {
  std::lock_guard lock(mutex_);
  if (grid_.is_jump(frame.pts_ns)) {
    grid_.reset();
    jumped_ = true;
    ++jumps_;
  }
  const std::int64_t first_point = grid_.next_index();
  const int points = grid_.points_for(frame.pts_ns);
  if (points == 0) {
    return std::nullopt;
  }
  Sample sample;
  sample.pts_ns = frame.pts_ns;
  sample.points = points;
  sample.first_point = first_point;
  sample.base_ns = *grid_.base_ns();
  sample.reset_before = jumped_;
  sample.epoch = epoch_;
  sample.tag = frame.tag;
  return sample;
}

void FrameSampler::reset() {
  std::lock_guard lock(mutex_);
  grid_.reset();
  jumped_ = false;
  ++epoch_;
}

std::uint64_t FrameSampler::epoch() const {
  std::lock_guard lock(mutex_);
  return epoch_;
}

}  // namespace vifi
