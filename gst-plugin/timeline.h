#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <optional>

#include <vifi/media/frame_clock.h>

namespace vifi::gst {

/// Where buffers lie in their stream, and whether the stream goes on from one segment to the next. Streaming thread
/// only.
class Timeline {
 public:
  Timeline();

  /// Of the caps; 0/1 where the rate is not known.
  void set_framerate(int numerator, int denominator);

  /// @param tolerance_ns  how far the new segment may lie from the last frame's end and still go on
  /// @return false if frames have passed and the segment does not go on where they ended, in stream or running time
  bool set_segment(const GstSegment& segment, std::int64_t tolerance_ns);

  /// Nothing for frames that are not to be seen: outside the segment, or played backwards.
  /// @throws Error(unsupported) where no time can be told
  std::optional<FrameTime> time_of(const GstBuffer* buffer);

  /// Has a frame been placed since `forget`?
  bool has_frames() const { return last_.has_value(); }

  /// The next frame is the first one; the segment stays.
  void forget();

 private:
  struct Last {
    GstClockTime pts;
    FrameTime time;
    std::int64_t length_ns;
  };

  GstSegment segment_;
  int fps_n_ = 0;
  int fps_d_ = 1;
  FrameClock clock_;
  std::optional<Last> last_;  // newest frame inside the segment
};

}  // namespace vifi::gst
