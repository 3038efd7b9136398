#include "errors.h"

#include <string>

namespace vifi::gst {
namespace {

struct Cause {
  GQuark domain;
  gint code;
};

Cause resource(GstResourceError code) { return {GST_RESOURCE_ERROR, code}; }
Cause stream(GstStreamError code) { return {GST_STREAM_ERROR, code}; }

Cause cause_of(Stage stage, ErrorCode code) {
  if (stage == Stage::library || code == ErrorCode::device_unavailable) return {GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_INIT};
  const bool setup = stage == Stage::setup;
  switch (code) {
    case ErrorCode::not_found: return resource(GST_RESOURCE_ERROR_NOT_FOUND);
    case ErrorCode::unreadable: return resource(GST_RESOURCE_ERROR_OPEN_READ);
    case ErrorCode::corrupt: return setup ? resource(GST_RESOURCE_ERROR_OPEN_READ) : stream(GST_STREAM_ERROR_FORMAT);
    case ErrorCode::unsupported:
    case ErrorCode::invalid_argument:
      return setup ? resource(GST_RESOURCE_ERROR_SETTINGS) : stream(GST_STREAM_ERROR_FORMAT);
    default: return stream(GST_STREAM_ERROR_FAILED);
  }
}

void post(GstElement* element, GstMessageType type, Stage stage, const Error& error) {
  const Cause cause = cause_of(stage, error.code());
  const std::string code(name_of(error.code()));
  gst_element_message_full(element, type, cause.domain, cause.code, g_strdup(error.what()), g_strdup(code.c_str()),
                           __FILE__, "post", __LINE__);
}

}  // namespace

void post_error(GstElement* element, Stage stage, const Error& error) {
  post(element, GST_MESSAGE_ERROR, stage, error);
}

void post_warning(GstElement* element, Stage stage, const Error& error) {
  post(element, GST_MESSAGE_WARNING, stage, error);
}

}  // namespace vifi::gst
