#pragma once

#include <gst/gst.h>

#include <vifi/result.h>

#include "settings.h"

namespace vifi::gst {

/// Posts an element message `vificlip-result` or `vificlip-event` for each, results first. Not with the object lock
/// held.
void post_messages(GstElement* element, const Outcome& outcome, Messages wanted);

}  // namespace vifi::gst
