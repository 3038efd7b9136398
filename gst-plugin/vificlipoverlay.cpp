/**
 * SECTION:element-vificlipoverlay
 * @title: vificlipoverlay
 * @short_description: shows what vificlip found on the picture
 * @see_also: vificlip
 *
 * Draws the newest label, the scores of the best labels as bars and a strip with the events of the last minute, from
 * the metadata of a #vificlip upstream. Sizes follow from the picture's height. Text is drawn by Pango: every script
 * that the installed fonts have. Where downstream takes #GstVideoOverlayCompositionMeta (the sinks of GL, Wayland and
 * others do) the drawing travels beside the picture and the sink blends it; otherwise it is blended here.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 filesrc location=demo.mp4 ! decodebin ! vificlip ! vificlipoverlay ! videoconvert ! autovideosink
 * ]|
 *
 * Since: 0.1
 */
#include "vificlipoverlay.h"

#include <gst/video/video.h>

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "errors.h"
#include "metadata.h"
#include "object_lock.h"
#include "overlay_painter.h"
#include "overlay_scene.h"
#include "overlay_settings.h"

GST_DEBUG_CATEGORY_STATIC(vificlipoverlay_debug);
#define GST_CAT_DEFAULT vificlipoverlay_debug

namespace {

using vifi::gst::HorizontalAlign;
using vifi::gst::ObjectLock;
using vifi::gst::OverlayPainter;
using vifi::gst::OverlayScene;
using vifi::gst::OverlaySettings;
using vifi::gst::VerticalAlign;

/// What the element owns besides its pads.
struct Overlay {
  OverlaySettings settings;  // under the object lock

  std::mutex mutex;  // protects what follows: a flush comes from another thread than buffers
  OverlayScene scene;
  OverlayPainter painter;
  bool warned = false;
};

struct GstVifiClipOverlay {
  GstBin parent;
  GstElement* composer;  // `overlaycomposition`: negotiates, attaches or blends; null where it is not installed
  Overlay* overlay;
};

struct GstVifiClipOverlayClass {
  GstBinClass parent_class;
};

enum Property : guint {
  kSilent = 1,
  kShow,
  kScores,
  kHistory,
  kSource,
  kFontDesc,
  kTextScale,
  kColor,
  kShadingValue,
  kHorizontalAlign,
  kVerticalAlign,
};

GType gst_vifi_clip_overlay_get_type();

G_DEFINE_TYPE(GstVifiClipOverlay, gst_vifi_clip_overlay, GST_TYPE_BIN)

GstVifiClipOverlay* self_of(gpointer object) {
  return static_cast<GstVifiClipOverlay*>(object);
}

void set_property(GObject* object, guint id, const GValue* value, GParamSpec* spec) {
  ObjectLock object_lock(object);
  std::lock_guard lock(object_lock);
  OverlaySettings& settings = self_of(object)->overlay->settings;
  const auto text = [&] { return g_value_get_string(value) == nullptr ? "" : g_value_get_string(value); };
  switch (id) {
    case kSilent:
      settings.silent = g_value_get_boolean(value) != FALSE;
      break;
    case kShow:
      settings.show = g_value_get_flags(value);
      break;
    case kScores:
      settings.scores = g_value_get_uint(value);
      break;
    case kHistory:
      settings.history_ns = static_cast<std::int64_t>(g_value_get_uint64(value));
      break;
    case kSource:
      settings.source = text();
      break;
    case kFontDesc:
      settings.font = text();
      break;
    case kTextScale:
      settings.text_scale = g_value_get_double(value);
      break;
    case kColor:
      settings.color = g_value_get_uint(value);
      break;
    case kShadingValue:
      settings.shading = g_value_get_uint(value);
      break;
    case kHorizontalAlign:
      settings.horizontal = static_cast<HorizontalAlign>(g_value_get_enum(value));
      break;
    case kVerticalAlign:
      settings.vertical = static_cast<VerticalAlign>(g_value_get_enum(value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
      break;
  }
}

void get_property(GObject* object, guint id, GValue* value, GParamSpec* spec) {
  ObjectLock object_lock(object);
  std::lock_guard lock(object_lock);
  const OverlaySettings& settings = self_of(object)->overlay->settings;
  switch (id) {
    case kSilent:
      g_value_set_boolean(value, settings.silent);
      break;
    case kShow:
      g_value_set_flags(value, settings.show);
      break;
    case kScores:
      g_value_set_uint(value, settings.scores);
      break;
    case kHistory:
      g_value_set_uint64(value, static_cast<guint64>(settings.history_ns));
      break;
    case kSource:
      g_value_set_string(value, settings.source.empty() ? nullptr : settings.source.c_str());
      break;
    case kFontDesc:
      g_value_set_string(value, settings.font.c_str());
      break;
    case kTextScale:
      g_value_set_double(value, settings.text_scale);
      break;
    case kColor:
      g_value_set_uint(value, settings.color);
      break;
    case kShadingValue:
      g_value_set_uint(value, settings.shading);
      break;
    case kHorizontalAlign:
      g_value_set_enum(value, static_cast<gint>(settings.horizontal));
      break;
    case kVerticalAlign:
      g_value_set_enum(value, static_cast<gint>(settings.vertical));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
      break;
  }
}

OverlaySettings settings_of(GstVifiClipOverlay* self) {
  ObjectLock object_lock(self);
  std::lock_guard lock(object_lock);
  return self->overlay->settings;
}

/// The buffer's stream time; where it has no time stamp, what vificlip gave it.
std::optional<std::int64_t> time_of(GstSample* sample, const vifi::gst::Report* report) {
  GstBuffer* buffer = gst_sample_get_buffer(sample);
  const GstSegment* segment = gst_sample_get_segment(sample);
  if (GST_BUFFER_PTS_IS_VALID(buffer) && segment->format == GST_FORMAT_TIME) {
    const guint64 time = gst_segment_to_stream_time(segment, GST_FORMAT_TIME, GST_BUFFER_PTS(buffer));
    if (GST_CLOCK_TIME_IS_VALID(time)) return static_cast<std::int64_t>(time);
  }
  if (report == nullptr || report->results.empty()) return std::nullopt;
  return report->results.back().result.pts_ns + report->results.back().age_ns;
}

GstVideoOverlayComposition* draw(GstVifiClipOverlay* self, GstSample* sample) {
  Overlay& overlay = *self->overlay;
  const OverlaySettings settings = settings_of(self);
  const auto reports = vifi::gst::reports_on(gst_sample_get_buffer(sample), settings.source);
  const vifi::gst::Report* report = reports.empty() ? nullptr : &reports.back();
  GstVideoInfo info;
  if (!gst_video_info_from_caps(&info, gst_sample_get_caps(sample))) return nullptr;

  std::lock_guard lock(overlay.mutex);
  const auto now = time_of(sample, report);
  overlay.scene.update(report, now.value_or(overlay.scene.now_ns()), settings.history_ns);
  return overlay.painter.paint(overlay.scene, settings, GST_VIDEO_INFO_WIDTH(&info), GST_VIDEO_INFO_HEIGHT(&info));
}

/// Signal `draw` of the composer; streaming thread.
GstVideoOverlayComposition* on_draw(GstElement*, GstSample* sample, gpointer user_data) noexcept {
  GstVifiClipOverlay* self = self_of(user_data);
  GstVideoOverlayComposition* composition = nullptr;
  const auto error = vifi::gst::guarded([&] { composition = draw(self, sample); });
  if (error && !std::exchange(self->overlay->warned, true)) {
    vifi::gst::post_warning(GST_ELEMENT(self), vifi::gst::Stage::stream, *error);
  }
  return composition;
}

void clear_scene(GstVifiClipOverlay* self) {
  std::lock_guard lock(self->overlay->mutex);
  self->overlay->scene.clear();
}

GstPadProbeReturn on_event(GstPad*, GstPadProbeInfo* info, gpointer user_data) noexcept {
  const GstEventType type = GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info));
  if (type == GST_EVENT_FLUSH_STOP || type == GST_EVENT_STREAM_START) clear_scene(self_of(user_data));
  return GST_PAD_PROBE_OK;
}

GstStateChangeReturn change_state(GstElement* element, GstStateChange transition) {
  GstVifiClipOverlay* self = self_of(element);
  if (transition == GST_STATE_CHANGE_NULL_TO_READY && self->composer == nullptr) {
    GST_ELEMENT_ERROR(element, CORE, MISSING_PLUGIN, ("[overlay] the element overlaycomposition is missing"),
                      ("install GStreamer's base plugins"));
    return GST_STATE_CHANGE_FAILURE;
  }
  const auto result = GST_ELEMENT_CLASS(gst_vifi_clip_overlay_parent_class)->change_state(element, transition);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY) clear_scene(self);
  return result;
}

void finalize(GObject* object) {
  delete self_of(object)->overlay;
  G_OBJECT_CLASS(gst_vifi_clip_overlay_parent_class)->finalize(object);
}

GType register_enum(const char* name, const GEnumValue* values) {
  const GType type = g_enum_register_static(name, values);
  gst_type_mark_as_plugin_api(type, static_cast<GstPluginAPIFlags>(0));
  return type;
}

GType horizontal_align_type() {
  static const GEnumValue values[] = {{static_cast<int>(HorizontalAlign::left), "Left", "left"},
                                      {static_cast<int>(HorizontalAlign::center), "Center", "center"},
                                      {static_cast<int>(HorizontalAlign::right), "Right", "right"},
                                      {0, nullptr, nullptr}};
  static const GType type = register_enum("GstVifiClipOverlayHAlign", values);
  return type;
}

GType vertical_align_type() {
  static const GEnumValue values[] = {{static_cast<int>(VerticalAlign::bottom), "Bottom", "bottom"},
                                      {static_cast<int>(VerticalAlign::top), "Top", "top"},
                                      {0, nullptr, nullptr}};
  static const GType type = register_enum("GstVifiClipOverlayVAlign", values);
  return type;
}

GType show_type() {
  static const GFlagsValue values[] = {{vifi::gst::kShowLabel, "The best label, large", "label"},
                                       {vifi::gst::kShowScores, "The best labels' scores as bars", "scores"},
                                       {vifi::gst::kShowEvents, "A strip with past events", "events"},
                                       {0, nullptr, nullptr}};
  static const GType type = [] {
    const GType registered = g_flags_register_static("GstVifiClipOverlayShow", values);
    gst_type_mark_as_plugin_api(registered, static_cast<GstPluginAPIFlags>(0));
    return registered;
  }();
  return type;
}

void install_properties(GObjectClass* klass) {
  const OverlaySettings defaults;
  const auto flags = static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING |
                                              GST_PARAM_CONTROLLABLE);
  /**
   * GstVifiClipOverlay:silent:
   *
   * Since: 0.1
   */
  g_object_class_install_property(klass, kSilent,
                                  g_param_spec_boolean("silent", "Silent", "Draw nothing", defaults.silent, flags));
  /**
   * GstVifiClipOverlay:show:
   *
   * In a launch line: `show=label+events`.
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      klass, kShow, g_param_spec_flags("show", "Show", "What is drawn", show_type(), defaults.show, flags));
  /**
   * GstVifiClipOverlay:scores:
   *
   * Since: 0.1
   */
  g_object_class_install_property(klass, kScores,
                                  g_param_spec_uint("scores", "Scores",
                                                    "How many labels are shown with their score, "
                                                    "at most as many as vificlip's top-k",
                                                    1, 100, defaults.scores, flags));
  /**
   * GstVifiClipOverlay:history:
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      klass, kHistory,
      g_param_spec_uint64("history", "History", "Time that the strip of events spans, in ns", GST_SECOND,
                          24 * 3600 * GST_SECOND, static_cast<guint64>(defaults.history_ns), flags));
  /**
   * GstVifiClipOverlay:source:
   *
   * Where several vificlip stand in a row, the name of the one to show.
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      klass, kSource,
      g_param_spec_string("source", "Source", "Name of the vificlip to show (unset: the nearest upstream)", nullptr,
                          flags));
  /**
   * GstVifiClipOverlay:font-desc:
   *
   * Family and style in Pango's form, such as `Noto Sans Condensed`. Sizes follow from the picture, so one that is
   * given here has no effect; see #GstVifiClipOverlay:text-scale.
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      klass, kFontDesc,
      g_param_spec_string("font-desc", "Font", "Pango font description; its size is ignored", defaults.font.c_str(),
                          flags));
  /**
   * GstVifiClipOverlay:text-scale:
   *
   * Since: 0.1
   */
  g_object_class_install_property(klass, kTextScale,
                                  g_param_spec_double("text-scale", "Text scale", "Factor on the size of text and bars",
                                                      0.25, 4, defaults.text_scale, flags));
  /**
   * GstVifiClipOverlay:color:
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      klass, kColor,
      g_param_spec_uint("color", "Color", "Color of text (big-endian ARGB)", 0, G_MAXUINT32, defaults.color, flags));
  /**
   * GstVifiClipOverlay:shading-value:
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      klass, kShadingValue,
      g_param_spec_uint("shading-value", "Shading", "How dark the picture becomes behind text", 0, 255,
                        defaults.shading, flags));
  /**
   * GstVifiClipOverlay:halignment:
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      klass, kHorizontalAlign,
      g_param_spec_enum("halignment", "Horizontal alignment", "Where label and scores stand", horizontal_align_type(),
                        static_cast<gint>(defaults.horizontal), flags));
  /**
   * GstVifiClipOverlay:valignment:
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      klass, kVerticalAlign,
      g_param_spec_enum("valignment", "Vertical alignment", "Where everything stands", vertical_align_type(),
                        static_cast<gint>(defaults.vertical), flags));
}

void gst_vifi_clip_overlay_class_init(GstVifiClipOverlayClass* klass) {
  auto* object = G_OBJECT_CLASS(klass);
  object->set_property = set_property;
  object->get_property = get_property;
  object->finalize = finalize;
  install_properties(object);

  auto* element = GST_ELEMENT_CLASS(klass);
  element->change_state = change_state;
  GstCaps* caps = gst_caps_from_string(GST_VIDEO_CAPS_MAKE(
      GST_VIDEO_OVERLAY_COMPOSITION_BLEND_FORMATS) ";" GST_VIDEO_CAPS_MAKE_WITH_FEATURES("ANY", GST_VIDEO_FORMATS_ALL));
  gst_element_class_add_pad_template(element, gst_pad_template_new("sink", GST_PAD_SINK, GST_PAD_ALWAYS, caps));
  gst_element_class_add_pad_template(element, gst_pad_template_new("src", GST_PAD_SRC, GST_PAD_ALWAYS, caps));
  gst_caps_unref(caps);
  gst_element_class_set_static_metadata(element, "Action overlay", "Filter/Editor/Video",
                                        "Shows labels, scores and events of vificlip on the picture",
                                        "The vifi authors");
}

void add_ghost_pad(GstVifiClipOverlay* self, const char* name) {
  GstPad* target = gst_element_get_static_pad(self->composer, name);
  GstPadTemplate* pad_template = gst_element_class_get_pad_template(GST_ELEMENT_GET_CLASS(self), name);
  gst_element_add_pad(GST_ELEMENT(self), gst_ghost_pad_new_from_template(name, target, pad_template));
  if (GST_PAD_IS_SINK(target)) {
    gst_pad_add_probe(
        target, static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM | GST_PAD_PROBE_TYPE_EVENT_FLUSH),
        on_event, self, nullptr);
  }
  gst_object_unref(target);
}

void gst_vifi_clip_overlay_init(GstVifiClipOverlay* self) {
  self->overlay = new Overlay;
  self->composer = gst_element_factory_make("overlaycomposition", nullptr);
  if (self->composer == nullptr) return;  // change_state tells
  gst_bin_add(GST_BIN(self), self->composer);
  g_signal_connect(self->composer, "draw", G_CALLBACK(on_draw), self);
  add_ghost_pad(self, "sink");
  add_ghost_pad(self, "src");
}

}  // namespace

gboolean gst_element_register_vificlipoverlay(GstPlugin* plugin) {
  GST_DEBUG_CATEGORY_INIT(vificlipoverlay_debug, "vificlipoverlay", 0, "vificlipoverlay element");
  return gst_element_register(plugin, "vificlipoverlay", GST_RANK_NONE, gst_vifi_clip_overlay_get_type());
}
