#pragma once

#include <gst/gst.h>
#include <gst/video/video.h>

#include <functional>

#include <vifi/frame.h>

namespace vifi::gst {

/// Shows a picture in CUDA memory where it lies, with its CUDA context current during the call.
/// @return what `use` returned; false where the buffer lies elsewhere or this build lacks GStreamer's CUDA library
bool show_on_device(const GstVideoInfo& info, GstBuffer* buffer, Orientation orientation,
                    const std::function<bool(const FrameView&)>& use);

}  // namespace vifi::gst
