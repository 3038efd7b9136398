#pragma once

#include <string>

#include <ATen/core/Tensor.h>

#include "export.h"
#include "weights/checkpoint.h"
#include "weights/clip_config.h"

namespace vifi {

/// The tensor `name`. @throws Error(internal) if it is absent: whoever read the file has checked the names.
at::Tensor stored_tensor(const TensorMap& tensors, const std::string& name);

/// The same as float32.
at::Tensor float_tensor(const TensorMap& tensors, const std::string& name);

/// While it lives, `owned` makes this thread's tensors on `device`, so that a tower built meanwhile lies there whole (as
/// PyTorch's `with torch.device(…)`).
class VIFI_ENGINE_API BuildOn {
 public:
  explicit BuildOn(at::Device device);
  ~BuildOn();
  BuildOn(const BuildOn&) = delete;
  BuildOn& operator=(const BuildOn&) = delete;

 private:
  at::Device outer_;
};

/// Of the innermost BuildOn, else the processor.
at::Device build_device();

/// A row-major copy of the given type, on `build_device()`, that shares no memory with the file it came from.
at::Tensor owned(const at::Tensor& tensor, at::ScalarType dtype);

/// The activation as it is defined.
at::Tensor activated(const at::Tensor& x, Activation activation);

/// Each row divided by its L2 norm, without epsilon. x [N, E], float32.
at::Tensor l2_normalised(const at::Tensor& x);

}  // namespace vifi
