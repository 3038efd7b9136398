#include "messages.h"

#include "structures.h"

namespace vifi::gst {
namespace {

void post(GstElement* element, StructurePtr structure) {
  gst_element_post_message(element, gst_message_new_element(GST_OBJECT(element), structure.release()));
}

}  // namespace

void post_messages(GstElement* element, const Outcome& outcome, Messages wanted) {
  if (wanted == Messages::none) return;
  if (wanted == Messages::results) {
    for (const Result& result : outcome.results) {
      post(element, structure_from("vificlip-result", result, /*fresh=*/true, /*age_ns=*/0));
    }
  }
  for (const Event& event : outcome.events) post(element, structure_from("vificlip-event", event));
}

}  // namespace vifi::gst
