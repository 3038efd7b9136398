#include "vifi/media/frame_clock.h"

#include "vifi/error.h"

namespace vifi {

std::optional<FrameTime> FrameClock::time_of(const GstBuffer* buffer, const GstSegment& segment, int fps_n, int fps_d) {
  GstClockTime pts = GST_BUFFER_PTS(buffer);
  if (!GST_CLOCK_TIME_IS_VALID(pts)) {
    if (!GST_CLOCK_TIME_IS_VALID(previous_pts_)) {
      pts = segment.start;
    } else if (GST_CLOCK_TIME_IS_VALID(previous_duration_)) {
      pts = previous_pts_ + previous_duration_;
    } else if (fps_n > 0 && fps_d > 0) {
      pts = previous_pts_ + gst_util_uint64_scale_int(GST_SECOND, fps_d, fps_n);
    } else {
      throw Error(ErrorCode::unsupported,
                  "[frame time] a frame has no time stamp, and neither its predecessor's duration nor a framerate "
                  "tells when it is shown",
                  "put `videorate` with a framerate before it, or a parser that sets time stamps");
    }
  }
  previous_pts_ = pts;
  previous_duration_ = GST_BUFFER_DURATION(buffer);

  const GstClockTime stream = gst_segment_to_stream_time(&segment, GST_FORMAT_TIME, pts);
  const GstClockTime running = gst_segment_to_running_time(&segment, GST_FORMAT_TIME, pts);
  if (!GST_CLOCK_TIME_IS_VALID(stream) || !GST_CLOCK_TIME_IS_VALID(running)) return std::nullopt;
  return FrameTime{static_cast<std::int64_t>(stream), static_cast<std::int64_t>(running)};
}

void FrameClock::reset() { *this = FrameClock(); }

}  // namespace vifi
