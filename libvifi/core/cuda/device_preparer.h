#pragma once

#include <vector>

#include "cuda/kernels.h"
#include "vifi/frame.h"
#include "vifi/preprocess.h"
#include "video/resizer.h"

namespace vifi {

/// Format, colours and orientation of a frame in the kernels' terms.
/// @throws Error(unsupported) for unknown luma weights
cuda::Picture picture_of(const FrameView& frame);

/// A resize in the kernels' terms, and the tables that it points to.
class DeviceResize {
 public:
  explicit DeviceResize(const ResizePlan& plan);
  DeviceResize(const DeviceResize&) = delete;
  DeviceResize& operator=(const DeviceResize&) = delete;

  const cuda::Resize& get() const { return resize_; }

 private:
  ResizeTable along_, over_;
  std::vector<std::int32_t> along_fixed_, over_fixed_;
  cuda::Resize resize_;
};

/// Prepares a frame that lies in CUDA memory, in the calling thread's current CUDA context. Only the prepared picture
/// leaves the device: it is small, and so it fits a model on any device and of any context. Rules A and B give the bits
/// of `Preparer`. Any thread.
/// @param out  host form
/// @throws Error(invalid_argument) for impossible sizes, Error(device_unavailable) where the GPU failed
void prepare_on_cuda(const cuda::Kernels& kernels, const PreprocessSpec& spec, const FrameView& frame,
                     PreparedFrame& out);

}  // namespace vifi
