#include <gst/gst.h>

#include "metadata.h"
#include "vificlip.h"
#include "vificlipextract.h"
#ifdef HAVE_OVERLAY
#include "vificlipoverlay.h"
#endif

namespace {

gboolean plugin_init(GstPlugin* plugin) {
  vifi::gst::register_action_meta();
  gboolean registered = GST_ELEMENT_REGISTER(vificlip, plugin);
  registered |= GST_ELEMENT_REGISTER(vificlipextract, plugin);
#ifdef HAVE_OVERLAY
  registered |= GST_ELEMENT_REGISTER(vificlipoverlay, plugin);
#endif
  return registered;
}

}  // namespace

GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, vifi, "Action recognition from text labels", plugin_init,
                  VIFI_VERSION, "Apache 2.0", "vifi", "Unknown package origin")
