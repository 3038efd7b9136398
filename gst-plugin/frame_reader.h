#pragma once

#include <gst/gst.h>
#include <gst/video/video.h>

#include <atomic>
#include <cstdint>
#include <functional>

#include <vifi/frame.h>
#include <vifi/media/rgbx_converter.h>

namespace vifi::gst {

/// Shows buffers as frame views. Formats that the library does not read go through a conversion to RGBx first.
/// Streaming thread only, but for `converted`.
class FrameReader {
 public:
  FrameReader();

  /// @return false for caps that describe no picture
  bool set_caps(const GstCaps* caps);
  const GstVideoInfo& info() const { return info_; }

  /// Maps `buffer` and calls `use` with a view of it, valid during the call; times are left to the caller. A picture in
  /// CUDA memory is shown there first, and in host memory if `use` says that it did not take it.
  /// @throws Error(corrupt) if the buffer holds less than the caps say, Error(unsupported), and what `use` throws
  void read(GstBuffer* buffer, Orientation orientation, const std::function<bool(const FrameView&)>& use);

  /// Frames that were converted. Any thread.
  std::uint64_t converted() const { return converted_; }

 private:
  GstVideoInfo info_;
  bool direct_ = true;  // is the format read without a conversion?
  RgbxConverter converter_;
  std::atomic<std::uint64_t> converted_ = 0;
};

}  // namespace vifi::gst
