#pragma once

#include <gst/gst.h>
#include <gst/video/video.h>

#include <optional>
#include <string_view>

#include "vifi/export.h"
#include "vifi/frame.h"

/// From GStreamer's descriptions of a picture to the library's. Part of libvifi-media; any thread.
namespace vifi {

/// Nothing for formats that need a conversion first.
VIFI_API std::optional<PixelFormat> pixel_format_of(GstVideoFormat format);

/// The caps of everything that `view_of` takes, in system memory: `video/x-raw, format={…}`.
VIFI_API GstCaps* readable_caps();

/// As `gst_video_info_from_caps`, which drops a colorimetry as soon as its matrix is unknown; here what such a
/// colorimetry does state (`1:0:0:0`: full range) is kept.
VIFI_API bool video_info_from_caps(GstVideoInfo& info, const GstCaps* caps);

/// GStreamer's default fills what the colorimetry leaves open.
VIFI_API ColorMatrix color_matrix_of(const GstVideoInfo& info);
VIFI_API ColorRange color_range_of(const GstVideoInfo& info);

/// Value of the tag `image-orientation` ("rotate-90", …); nothing for any other text.
VIFI_API std::optional<Orientation> orientation_from(std::string_view tag);
/// Nothing where the list says nothing of it. @param tags  may be null
VIFI_API std::optional<Orientation> orientation_of(const GstTagList* tags);

/// A view into a mapped frame, valid as long as the mapping. Interlaced pictures are taken as woven. Times stay 0:
/// only the segment knows them.
/// @throws Error(unsupported) for a format that `pixel_format_of` does not know
VIFI_API FrameView view_of(const GstVideoFrame& frame, Orientation orientation);

}  // namespace vifi
