#include "vifi/media/frame_clock.h"

#include "vifi/error.h"

namespace vifi {
namespace {

constexpr GstClockTime kLatest = GstClockTime{1} << 62;  // 146 years

}  // namespace

GstClockTime FrameClock::pts_of(const GstBuffer* buffer, const GstSegment& segment, int fps_n, int fps_d) const {
  if (GST_BUFFER_PTS_IS_VALID(buffer)) return GST_BUFFER_PTS(buffer);
  if (!GST_CLOCK_TIME_IS_VALID(newest_pts_)) return segment.start;
  if (newest_duration_ < kLatest) return newest_pts_ + newest_duration_;
  if (fps_n > 0 && fps_d > 0) return newest_pts_ + gst_util_uint64_scale_int(GST_SECOND, fps_d, fps_n);
  throw Error(ErrorCode::unsupported,
              "[frame time] a frame has no time stamp, and neither its predecessor's duration nor a framerate "
              "tells when it is shown",
              "put `videorate` with a framerate before it, or a parser that sets time stamps");
}

std::optional<FrameTime> FrameClock::time_of(const GstBuffer* buffer, const GstSegment& segment, int fps_n, int fps_d) {
  const GstClockTime pts = pts_of(buffer, segment, fps_n, fps_d);
  const GstClockTime stream = gst_segment_to_stream_time(&segment, GST_FORMAT_TIME, pts);
  const GstClockTime running = gst_segment_to_running_time(&segment, GST_FORMAT_TIME, pts);
  const bool valid = GST_CLOCK_TIME_IS_VALID(stream) && GST_CLOCK_TIME_IS_VALID(running);
  if (valid && (stream >= kLatest || running >= kLatest)) return std::nullopt;

  newest_pts_ = pts;
  newest_duration_ = GST_BUFFER_DURATION(buffer);
  if (!valid) return std::nullopt;
  return FrameTime{static_cast<std::int64_t>(stream), static_cast<std::int64_t>(running)};
}

void FrameClock::reset() { *this = FrameClock(); }

}  // namespace vifi
