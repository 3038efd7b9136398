#include "timeline.h"

#include <cstdlib>
#include <string>

#include <vifi/error.h>

namespace vifi::gst {
namespace {

constexpr GstClockTime kLongestFrame = 365 * 24 * 3600 * GST_SECOND;  // else the duration is no duration

FrameTime time_in(const GstSegment& segment, GstClockTime pts) {
  return {static_cast<std::int64_t>(gst_segment_to_stream_time(&segment, GST_FORMAT_TIME, pts)),
          static_cast<std::int64_t>(gst_segment_to_running_time(&segment, GST_FORMAT_TIME, pts))};
}

}  // namespace

Timeline::Timeline() { gst_segment_init(&segment_, GST_FORMAT_UNDEFINED); }

void Timeline::set_framerate(int numerator, int denominator) {
  fps_n_ = numerator;
  fps_d_ = denominator;
}

bool Timeline::set_segment(const GstSegment& segment, std::int64_t tolerance_ns) {
  segment_ = segment;
  clock_.reset();
  if (!last_) return true;
  if (segment.format != GST_FORMAT_TIME || segment.rate <= 0) return false;

  // An update of the running segment leaves the last frame where it was.
  const FrameTime now = time_in(segment, last_->pts);
  if (now.stream_ns == last_->time.stream_ns && now.running_ns == last_->time.running_ns) return true;

  const FrameTime start = time_in(segment, segment.start + segment.offset);
  const auto near = [&](std::int64_t begins, std::int64_t ended) {
    return begins >= 0 && std::llabs(begins - ended) <= tolerance_ns;
  };
  return near(start.stream_ns, last_->time.stream_ns + last_->length_ns) &&
         near(start.running_ns, last_->time.running_ns + last_->length_ns);
}

std::optional<FrameTime> Timeline::time_of(const GstBuffer* buffer) {
  if (segment_.format != GST_FORMAT_TIME) {
    throw Error(ErrorCode::unsupported,
                std::string("[frame time] the stream's segment: expected format time, got ") +
                    gst_format_get_name(segment_.format),
                "set format=time on appsrc, or put a demuxer, a parser or rawvideoparse in front");
  }
  const std::optional<FrameTime> time = clock_.time_of(buffer, segment_, fps_n_, fps_d_);
  if (!time || segment_.rate < 0) return std::nullopt;

  std::int64_t length = 0;
  if (GST_BUFFER_DURATION(buffer) < kLongestFrame) {
    length = static_cast<std::int64_t>(GST_BUFFER_DURATION(buffer));
  } else if (fps_n_ > 0) {
    length = static_cast<std::int64_t>(gst_util_uint64_scale_int(GST_SECOND, fps_d_, fps_n_));
  }
  last_ = Last{clock_.newest_pts(), *time, length};
  return time;
}

void Timeline::forget() {
  clock_.reset();
  last_.reset();
}

}  // namespace vifi::gst
