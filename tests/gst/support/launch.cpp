#include "launch.h"

#include <gst/gst.h>

#include "handles.h"

namespace vifi::testing {

std::string run_launch_line(const std::string& line) {
  GError* failure = nullptr;
  const Handle<GstElement> pipeline(gst_parse_launch(line.c_str(), &failure));
  if (failure != nullptr) {
    std::string text = failure->message;
    g_error_free(failure);
    return text;
  }
  const Handle<GstBus> bus(gst_element_get_bus(pipeline.get()));
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  const Handle<GstMessage> message(gst_bus_timed_pop_filtered(
      bus.get(), 60 * GST_SECOND, static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR)));
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
  if (!message) return "no end within a minute";
  if (GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_EOS) return {};
  gst_message_parse_error(message.get(), &failure, nullptr);
  std::string text = failure->message;
  g_error_free(failure);
  return text;
}

}  // namespace vifi::testing
