#pragma once

#include <gst/gst.h>
#include <gst/video/video.h>

#include <memory>

#include "vifi/export.h"

namespace vifi {

/// Turns frames of formats that are not read directly into RGBx of the same size, aspect and interlacing.
/// Not thread-safe.
class VIFI_API RgbxConverter {
 public:
  RgbxConverter();
  ~RgbxConverter();
  RgbxConverter(RgbxConverter&&) noexcept;
  RgbxConverter& operator=(RgbxConverter&&) noexcept;

  /// @return a buffer of its own, mapped for reading; unmap it with `gst_video_frame_unmap`
  /// @throws Error(unsupported) where GStreamer has no conversion
  GstVideoFrame convert(const GstVideoFrame& frame);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vifi
