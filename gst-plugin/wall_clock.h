#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <string>

namespace vifi::gst {

/// When a frame was: UTC, in ns since 1970. Streaming thread only.
class WallClock {
 public:
  /// From the buffer's reference time stamp (`timestamp/x-unix`, `timestamp/x-ntp`) where a source gives one, else the
  /// time of day at the pipeline's base time plus the running time. @return 0 where neither is known
  std::int64_t utc_of(GstElement* element, GstBuffer* buffer, std::int64_t running_ns);

 private:
  std::int64_t base_utc(GstElement* element);

  GstClockTime base_time_ = GST_CLOCK_TIME_NONE;
  std::int64_t base_utc_ = 0;  // time of day at base_time_
};

/// "10:00:00:05", or empty where the buffer carries no time code.
std::string timecode_of(GstBuffer* buffer);

}  // namespace vifi::gst
