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
  /// Nothing for a frame outside the segment, or at a time that no stream reaches (2^62 ns: a subtraction upstream fell
  /// below 0).
  /// @param fps_n,fps_d  framerate of the caps; 0 and 1 where it is unknown
  /// @throws Error(unsupported) where the time of a frame cannot be known
  std::optional<FrameTime> time_of(const GstBuffer* buffer, const GstSegment& segment, int fps_n, int fps_d);

  /// Where in its segment `time_of` placed the newest frame; GST_CLOCK_TIME_NONE before the first.
  GstClockTime newest_pts() const { return newest_pts_; }

  /// Forgets the predecessor: after a flush, a new stream or a new segment.
  void reset();

 private:
  GstClockTime pts_of(const GstBuffer* buffer, const GstSegment& segment, int fps_n, int fps_d) const;

  GstClockTime newest_pts_ = GST_CLOCK_TIME_NONE;
  GstClockTime newest_duration_ = GST_CLOCK_TIME_NONE;
};

}  // namespace vifi
