/**
 * SECTION:element-vificlip
 * @title: vificlip
 * @short_description: names the actions in a video
 *
 * Looks at a few frames a second, compares the last seconds with action labels given as plain text and tells which
 * fits best. The video passes unchanged; results travel as #GstCustomMeta `VifiActionMeta` on the buffers, as element
 * messages `vificlip-result` and `vificlip-event` on the bus, and, with GStreamer 1.24 and newer, as classification
 * metadata of the analytics library. What is known only after the last buffer travels as the custom event `vifi-tail`
 * before EOS.
 *
 * All times in results are stream time in nanoseconds. Files are worked off frame by frame, live sources on a thread
 * of its own, see #GstVifiClip:mode.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 -m filesrc location=demo.mp4 ! decodebin ! vificlip labels="playing a guitar;riding a bicycle" ! fakesink
 * ]|
 * Prints a message for every result and every event of a file.
 *
 * Since: 0.1
 */
#include "vificlip.h"

#include <gst/base/gstbasetransform.h>
#include <gst/video/video.h>

#include "clip.h"
#include "debug.h"

GST_DEBUG_CATEGORY(vificlip_debug);

namespace {

using vifi::gst::Clip;
using vifi::gst::Property;

struct GstVifiClip {
  GstBaseTransform parent;
  Clip* clip;
};

struct GstVifiClipClass {
  GstBaseTransformClass parent_class;
};

GType gst_vifi_clip_get_type();

G_DEFINE_TYPE(GstVifiClip, gst_vifi_clip, GST_TYPE_BASE_TRANSFORM)

Clip& clip_of(gpointer object) { return *static_cast<GstVifiClip*>(object)->clip; }

void set_property(GObject* object, guint id, const GValue* value, GParamSpec*) {
  clip_of(object).set_property(static_cast<Property>(id), value);
}

void get_property(GObject* object, guint id, GValue* value, GParamSpec*) {
  clip_of(object).get_property(static_cast<Property>(id), value);
}

gboolean start(GstBaseTransform* base) { return clip_of(base).start(); }

gboolean stop(GstBaseTransform* base) {
  clip_of(base).stop();
  return TRUE;
}

gboolean set_caps(GstBaseTransform* base, GstCaps* caps, GstCaps*) { return clip_of(base).set_caps(caps); }

GstFlowReturn transform_ip(GstBaseTransform* base, GstBuffer* buffer) { return clip_of(base).transform(buffer); }

gboolean sink_event(GstBaseTransform* base, GstEvent* event) {
  Clip& clip = clip_of(base);
  switch (GST_EVENT_TYPE(event)) {
    case GST_EVENT_STREAM_START: clip.stream_start(); break;
    case GST_EVENT_SEGMENT: {
      const GstSegment* segment = nullptr;
      gst_event_parse_segment(event, &segment);
      clip.segment(*segment);
      break;
    }
    case GST_EVENT_TAG: {
      GstTagList* tags = nullptr;
      gst_event_parse_tag(event, &tags);
      clip.tags(tags);
      break;
    }
    case GST_EVENT_FLUSH_START: clip.flush_start(); break;
    case GST_EVENT_FLUSH_STOP: clip.flush_stop(); break;
    case GST_EVENT_EOS: clip.end_of_stream(); break;
    default: break;
  }
  return GST_BASE_TRANSFORM_CLASS(gst_vifi_clip_parent_class)->sink_event(base, event);
}

gboolean query(GstBaseTransform* base, GstPadDirection direction, GstQuery* query) {
  if (!GST_BASE_TRANSFORM_CLASS(gst_vifi_clip_parent_class)->query(base, direction, query)) return FALSE;
  if (direction == GST_PAD_SRC && GST_QUERY_TYPE(query) == GST_QUERY_LATENCY) clip_of(base).add_latency(query);
  return TRUE;
}

void finalize(GObject* object) {
  delete reinterpret_cast<GstVifiClip*>(object)->clip;
  G_OBJECT_CLASS(gst_vifi_clip_parent_class)->finalize(object);
}

void add_pads(GstElementClass* klass) {
  GstCaps* caps = gst_caps_from_string(GST_VIDEO_CAPS_MAKE(GST_VIDEO_FORMATS_ALL) ";" GST_VIDEO_CAPS_MAKE_WITH_FEATURES(
      "memory:CUDAMemory", GST_VIDEO_FORMATS_ALL));
  gst_element_class_add_pad_template(klass, gst_pad_template_new("sink", GST_PAD_SINK, GST_PAD_ALWAYS, caps));
  gst_element_class_add_pad_template(klass, gst_pad_template_new("src", GST_PAD_SRC, GST_PAD_ALWAYS, caps));
  gst_caps_unref(caps);
}

void gst_vifi_clip_class_init(GstVifiClipClass* klass) {
  auto* object = G_OBJECT_CLASS(klass);
  object->set_property = set_property;
  object->get_property = get_property;
  object->finalize = finalize;
  vifi::gst::install_properties(object);

  auto* element = GST_ELEMENT_CLASS(klass);
  add_pads(element);
  gst_element_class_set_static_metadata(element, "Action recognition by text", "Filter/Analyzer/Video",
                                        "Names the actions in a video, from labels given as text",
                                        "The vifi authors");

  auto* base = GST_BASE_TRANSFORM_CLASS(klass);
  base->start = start;
  base->stop = stop;
  base->set_caps = set_caps;
  base->transform_ip = transform_ip;
  base->sink_event = sink_event;
  base->query = query;
  base->passthrough_on_same_caps = FALSE;
  base->transform_ip_on_passthrough = FALSE;
}

void gst_vifi_clip_init(GstVifiClip* self) { self->clip = new Clip(GST_BASE_TRANSFORM(self)); }

}  // namespace

gboolean gst_element_register_vificlip(GstPlugin* plugin) {
  GST_DEBUG_CATEGORY_INIT(vificlip_debug, "vificlip", 0, "vificlip element");
  return gst_element_register(plugin, "vificlip", GST_RANK_NONE, gst_vifi_clip_get_type());
}
