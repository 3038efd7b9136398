#include "wall_clock.h"

#include <gst/video/video.h>

#include <memory>

namespace vifi::gst {
namespace {

constexpr GstClockTime kNtpToUnixSeconds = 2'208'988'800;  // 1900 to 1970

struct Unref {
  void operator()(GstClock* clock) const { gst_object_unref(clock); }
};

std::int64_t reference_utc(GstBuffer* buffer) {
  static GstStaticCaps unix_caps = GST_STATIC_CAPS("timestamp/x-unix");
  static GstStaticCaps ntp_caps = GST_STATIC_CAPS("timestamp/x-ntp");
  const auto find = [&](GstStaticCaps* wanted) {
    GstCaps* caps = gst_static_caps_get(wanted);
    const GstReferenceTimestampMeta* meta = gst_buffer_get_reference_timestamp_meta(buffer, caps);
    gst_caps_unref(caps);
    return meta;
  };
  if (const auto* meta = find(&unix_caps)) return static_cast<std::int64_t>(meta->timestamp);
  if (const auto* meta = find(&ntp_caps)) {
    return static_cast<std::int64_t>(meta->timestamp - kNtpToUnixSeconds * GST_SECOND);  // wraps below 1970
  }
  return 0;
}

}  // namespace

std::int64_t WallClock::utc_of(GstElement* element, GstBuffer* buffer, std::int64_t running_ns) {
  if (const std::int64_t utc = reference_utc(buffer); utc > 0) return utc;
  const std::int64_t base = base_utc(element);
  return base > 0 ? base + running_ns : 0;
}

std::int64_t WallClock::base_utc(GstElement* element) {
  // Before PLAYING the base time is not yet that of this run.
  if (GST_STATE(element) != GST_STATE_PLAYING && GST_STATE_PENDING(element) != GST_STATE_PLAYING) return 0;
  const GstClockTime base_time = gst_element_get_base_time(element);
  if (!GST_CLOCK_TIME_IS_VALID(base_time)) return 0;
  if (base_time == base_time_) return base_utc_;
  const std::unique_ptr<GstClock, Unref> clock(gst_element_get_clock(element));
  if (!clock) return 0;
  const std::int64_t now = g_get_real_time() * 1000;
  const auto since_base = GST_CLOCK_DIFF(base_time, gst_clock_get_time(clock.get()));
  base_time_ = base_time;
  base_utc_ = now - since_base;
  return base_utc_;
}

std::string timecode_of(GstBuffer* buffer) {
  GstVideoTimeCodeMeta* meta = gst_buffer_get_video_time_code_meta(buffer);
  if (meta == nullptr) return {};
  gchar* text = gst_video_time_code_to_string(&meta->tc);
  std::string timecode = text == nullptr ? "" : text;
  g_free(text);
  return timecode;
}

}  // namespace vifi::gst
