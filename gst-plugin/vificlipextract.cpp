/**
 * SECTION:element-vificlipextract
 * @title: vificlipextract
 * @short_description: what vificlip found, as subtitles, JSON and KLV streams
 * @see_also: vificlip
 *
 * Lets the video pass and gives what a #vificlip upstream told out of request pads: `text` (subtitles), `json` (JSON
 * Lines, docs/json.md) and `klv` (SMPTE ST 336, docs/klv.md). They are sparse streams with GAP events, so that muxers
 * don't wait for them. As with a tee, each pad whose stream meets another one again needs a queue.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 filesrc location=demo.mp4 ! decodebin ! vificlip ! vificlipextract name=x x.text ! webvttenc !
 * filesink location=demo.vtt
 * ]|
 * A WebVTT file with a cue for each event.
 * |[
 * gst-launch-1.0 v4l2src ! videoconvert ! vificlip ! vificlipextract name=x ! x264enc tune=zerolatency ! queue !
 * mpegtsmux name=m ! udpsink port=5000 x.klv ! queue ! m.
 * ]|
 * A camera as MPEG-TS with results and events as KLV.
 *
 * Since: 0.1
 */
#include "vificlipextract.h"

#include <string>

#include "extract.h"

GST_DEBUG_CATEGORY_STATIC(vificlipextract_debug);
#define GST_CAT_DEFAULT vificlipextract_debug

namespace {

using vifi::gst::CueMode;
using vifi::gst::Extract;
using vifi::gst::ExtractSettings;

struct GstVifiClipExtract {
  GstElement parent;
  GstPad* sink;
  GstPad* source;
  Extract* extract;
};

struct GstVifiClipExtractClass {
  GstElementClass parent_class;
};

enum Property : guint { kCues = 1, kCueDuration, kTextFormat, kSource };

GType gst_vifi_clip_extract_get_type();

G_DEFINE_TYPE(GstVifiClipExtract, gst_vifi_clip_extract, GST_TYPE_ELEMENT)

GstVifiClipExtract* self_of(gpointer object) {
  return static_cast<GstVifiClipExtract*>(object);
}
Extract& extract_of(gpointer object) {
  return *self_of(object)->extract;
}

void set_property(GObject* object, guint id, const GValue* value, GParamSpec* spec) {
  const auto text = [&] { return std::string(g_value_get_string(value) == nullptr ? "" : g_value_get_string(value)); };
  extract_of(object).change([&](ExtractSettings& settings) {
    switch (id) {
      case kCues:
        settings.cues = static_cast<CueMode>(g_value_get_enum(value));
        break;
      case kCueDuration:
        settings.cue_duration_ns = static_cast<std::int64_t>(g_value_get_uint64(value));
        break;
      case kTextFormat:
        settings.text_format = text();
        break;
      case kSource:
        settings.source = text();
        break;
      default:
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
        break;
    }
  });
}

void get_property(GObject* object, guint id, GValue* value, GParamSpec* spec) {
  const ExtractSettings settings = extract_of(object).settings();
  const auto set_text = [&](const std::string& text) {
    g_value_set_string(value, text.empty() ? nullptr : text.c_str());
  };
  switch (id) {
    case kCues:
      g_value_set_enum(value, static_cast<gint>(settings.cues));
      break;
    case kCueDuration:
      g_value_set_uint64(value, static_cast<guint64>(settings.cue_duration_ns));
      break;
    case kTextFormat:
      set_text(settings.text_format);
      break;
    case kSource:
      set_text(settings.source);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
      break;
  }
}

GstPad* request_new_pad(GstElement* element, GstPadTemplate* pad_template, const gchar*, const GstCaps*) {
  return extract_of(element).request_pad(pad_template);
}

void release_pad(GstElement* element, GstPad* pad) {
  extract_of(element).release_pad(pad);
}

GstStateChangeReturn change_state(GstElement* element, GstStateChange transition) {
  const auto result = GST_ELEMENT_CLASS(gst_vifi_clip_extract_parent_class)->change_state(element, transition);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY) extract_of(element).stop();
  return result;
}

GstFlowReturn chain(GstPad*, GstObject* parent, GstBuffer* buffer) noexcept {
  return extract_of(parent).chain(buffer);
}

gboolean sink_event(GstPad*, GstObject* parent, GstEvent* event) noexcept {
  return extract_of(parent).event(event);
}

/// Caps and allocation concern the video alone: its two pads are linked inside, the others to nothing but the sink.
GstIterator* internal_links(GstPad* pad, GstObject* parent) {
  GstVifiClipExtract* self = self_of(parent);
  GValue value = G_VALUE_INIT;
  g_value_init(&value, GST_TYPE_PAD);
  g_value_set_object(&value, pad == self->sink ? self->source : self->sink);
  GstIterator* iterator = gst_iterator_new_single(GST_TYPE_PAD, &value);
  g_value_unset(&value);
  return iterator;
}

void finalize(GObject* object) {
  delete self_of(object)->extract;
  G_OBJECT_CLASS(gst_vifi_clip_extract_parent_class)->finalize(object);
}

GType cues_type() {
  static const GEnumValue values[] = {
      {static_cast<int>(CueMode::automatic),
       "For each event where nothing else is given out of this element and the source is not live, else for each "
       "result",
       "auto"},
      {static_cast<int>(CueMode::results), "For each result, from when it is known until the next one", "results"},
      {static_cast<int>(CueMode::events), "For each event, from its start to its end, known only afterwards", "events"},
      {0, nullptr, nullptr}};
  static const GType type = [] {
    const GType registered = g_enum_register_static("GstVifiClipExtractCues", values);
    gst_type_mark_as_plugin_api(registered, static_cast<GstPluginAPIFlags>(0));
    return registered;
  }();
  return type;
}

void install_properties(GObjectClass* klass) {
  const auto flags = static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY);
  /**
   * GstVifiClipExtract:cues:
   *
   * What the text pad gives a subtitle for. With `events` a muxer that gets the video from this element too would wait
   * until each event has ended; let such a muxer get the encoded video from before the decoder.
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      klass, kCues, g_param_spec_enum("cues", "Cues", "What the text pad gives a cue for", cues_type(), 0, flags));
  /**
   * GstVifiClipExtract:cue-duration:
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      klass, kCueDuration,
      g_param_spec_uint64("cue-duration", "Cue duration", "How long a result's cue stands, in ns (0: until the next)",
                          0, 24 * 3600 * GST_SECOND, 0, flags));
  /**
   * GstVifiClipExtract:text-format:
   *
   * `{label}`, `{score}` (in percent; an event's highest), `{start}` and `{end}` (of the window or event, in seconds).
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      klass, kTextFormat,
      g_param_spec_string("text-format", "Text format",
                          "A cue's text with {label}, {score}, {start}, {end} (unset: what suits the cues)", nullptr,
                          flags));
  /**
   * GstVifiClipExtract:source:
   *
   * Since: 0.1
   */
  g_object_class_install_property(
      klass, kSource,
      g_param_spec_string("source", "Source", "Name of the vificlip to read (unset: all; subtitles: the nearest)",
                          nullptr, flags));
}

void add_template(GstElementClass* klass, const char* name, GstPadDirection direction, GstPadPresence presence,
                  const char* text) {
  GstCaps* caps = gst_caps_from_string(text);
  gst_element_class_add_pad_template(klass, gst_pad_template_new(name, direction, presence, caps));
  gst_caps_unref(caps);
}

void gst_vifi_clip_extract_class_init(GstVifiClipExtractClass* klass) {
  auto* object = G_OBJECT_CLASS(klass);
  object->set_property = set_property;
  object->get_property = get_property;
  object->finalize = finalize;
  install_properties(object);

  auto* element = GST_ELEMENT_CLASS(klass);
  element->request_new_pad = request_new_pad;
  element->release_pad = release_pad;
  element->change_state = change_state;
  add_template(element, "sink", GST_PAD_SINK, GST_PAD_ALWAYS, "ANY");
  add_template(element, "src", GST_PAD_SRC, GST_PAD_ALWAYS, "ANY");
  add_template(element, "text", GST_PAD_SRC, GST_PAD_REQUEST, "text/x-raw,format=utf8");
  add_template(element, "json", GST_PAD_SRC, GST_PAD_REQUEST, "application/x-json");
  add_template(element, "klv", GST_PAD_SRC, GST_PAD_REQUEST, "meta/x-klv,parsed=true");
  gst_element_class_set_static_metadata(element, "Action metadata extractor", "Filter/Analyzer/Video",
                                        "Gives what vificlip found as subtitles, JSON and KLV", "The vifi authors");
}

GstPad* add_pad(GstVifiClipExtract* self, const char* name) {
  GstPad* pad = gst_pad_new_from_template(gst_element_class_get_pad_template(GST_ELEMENT_GET_CLASS(self), name), name);
  gst_pad_set_iterate_internal_links_function(pad, internal_links);
  GST_PAD_SET_PROXY_CAPS(pad);
  GST_PAD_SET_PROXY_SCHEDULING(pad);
  return pad;
}

void gst_vifi_clip_extract_init(GstVifiClipExtract* self) {
  self->sink = add_pad(self, "sink");
  GST_PAD_SET_PROXY_ALLOCATION(self->sink);
  gst_pad_set_chain_function(self->sink, chain);
  gst_pad_set_event_function(self->sink, sink_event);
  self->source = add_pad(self, "src");
  self->extract = new Extract(GST_ELEMENT(self), self->sink, self->source);
  gst_element_add_pad(GST_ELEMENT(self), self->sink);
  gst_element_add_pad(GST_ELEMENT(self), self->source);
}

}  // namespace

gboolean gst_element_register_vificlipextract(GstPlugin* plugin) {
  GST_DEBUG_CATEGORY_INIT(vificlipextract_debug, "vificlipextract", 0, "vificlipextract element");
  return gst_element_register(plugin, "vificlipextract", GST_RANK_NONE, gst_vifi_clip_extract_get_type());
}
