#pragma once

#include <gst/gst.h>

/// The element's debug category (GST_DEBUG=vificlip:5); include last, it becomes the file's default.
GST_DEBUG_CATEGORY_EXTERN(vificlip_debug);
#define GST_CAT_DEFAULT vificlip_debug
