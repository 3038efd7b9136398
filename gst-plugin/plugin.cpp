#include <gst/gst.h>

#include "metadata.h"
#include "vificlip.h"

namespace {

gboolean plugin_init(GstPlugin* plugin) {
  vifi::gst::register_action_meta();
  return GST_ELEMENT_REGISTER(vificlip, plugin);
}

}  // namespace

GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, vifi, "Action recognition from text labels", plugin_init,
                  VIFI_VERSION, "Apache 2.0", "vifi", "Unknown package origin")
