#pragma once

#include <gst/gst.h>

#include <vifi/result.h>

namespace vifi::gst {

/// Adds the result's labels and scores as one GstAnalyticsClsMtd of the whole frame. Does nothing in a build without
/// GStreamer's analytics library (1.24), and for results that are not accepted.
void attach_classification(GstBuffer* buffer, const Result& result);

}  // namespace vifi::gst
