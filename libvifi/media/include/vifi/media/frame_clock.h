#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <optional>

#include "vifi/export.h"

namespace vifi {

struct FrameTime {
  std::int64_t stream_ns = 0;
  std::int64_t running_ns = 0;
};

/// Buffer time stamps to stream and running time. A buffer without a time stamp follows its predecessor by that
/// one's duration, else by 1/framerate; the first of a segment stands at the segment's start. Not thread-safe.
class VIFI_API FrameClock {
 public:
  /// Nothing for a frame outside the segment.
  /// @param fps_n,fps_d  framerate of the caps; 0 and 1 where it is unknown
  /// @throws Error(unsupported) where the time of a frame cannot be known
  std::optional<FrameTime> time_of(const GstBuffer* buffer, const GstSegment& segment, int fps_n, int fps_d);

  /// Forgets the predecessor: after a flush, a new stream or a new segment.
  void reset();

 private:
  GstClockTime previous_pts_ = GST_CLOCK_TIME_NONE;
  GstClockTime previous_duration_ = GST_CLOCK_TIME_NONE;
};

}  // namespace vifi
