#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <string>
#include <vector>

#include "vifi/error.h"

namespace vifi {

/// A GStreamer error on the way to the pixels of `input` as the library's own.
/// @param missing  what GStreamer found no plugin for, in its words ("H.264 (Main Profile) decoder")
Error read_error(const std::string& input, const GError& error, const std::vector<std::string>& missing);

/// The input ended and no picture came: audio only, cover art only, or a decoder is missing.
Error no_video_error(const std::string& input, const std::vector<std::string>& missing);

/// The time limit passed before the first frame.
Error no_frame_error(const std::string& input, std::int64_t waited_ns);

}  // namespace vifi
