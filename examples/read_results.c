/* Prints what each buffer of a video tells anew. usage: read_results VIDEO
   cc read_results.c -o read_results $(pkg-config --cflags --libs gstreamer-1.0) */
#include <gst/gst.h>

static void on_buffer(GstElement *sink, GstBuffer *buffer, GstPad *pad, gpointer data) {
  GstCustomMeta *meta = gst_buffer_get_custom_meta(buffer, "VifiActionMeta");
  const GstStructure *told = meta ? gst_custom_meta_get_structure(meta) : NULL;
  const char *kinds[] = {"results", "events"};
  for (int kind = 0; told && kind < 2; kind++) {
    const GValue *list = gst_structure_get_value(told, kinds[kind]);
    for (guint i = 0; i < gst_value_array_get_size(list); i++) {
      const GstStructure *s = gst_value_get_structure(gst_value_array_get_value(list, i));
      gboolean fresh = TRUE; /* results come again with later buffers; events only once */
      guint64 start = 0, end = 0;
      gst_structure_get_boolean(s, "fresh", &fresh);
      gst_structure_get(s, "start", G_TYPE_UINT64, &start, "end", G_TYPE_UINT64, &end, NULL);
      const GValue *labels = gst_structure_get_value(s, "labels"); /* an event has one name */
      if (fresh)
        g_print("%s %.2f %.2f %s\n", kinds[kind], start / 1e9, end / 1e9,
                labels ? g_value_get_string(gst_value_array_get_value(labels, 0)) : gst_structure_get_string(s, "name"));
    }
  }
}

int main(int argc, char **argv) {
  gst_init(&argc, &argv);
  GstElement *pipeline = gst_parse_launch("filesrc name=file ! decodebin ! vificlip ! fakesink name=sink sync=false signal-handoffs=true", NULL);
  g_object_set(gst_bin_get_by_name(GST_BIN(pipeline), "file"), "location", argc > 1 ? argv[1] : "", NULL);
  g_signal_connect(gst_bin_get_by_name(GST_BIN(pipeline), "sink"), "handoff", G_CALLBACK(on_buffer), NULL);
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  GstMessage *last = gst_bus_timed_pop_filtered(gst_element_get_bus(pipeline), GST_CLOCK_TIME_NONE, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  return GST_MESSAGE_TYPE(last) == GST_MESSAGE_ERROR;
}
