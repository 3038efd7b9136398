#pragma once

#include <string>

#include <ATen/core/Tensor.h>

#include "weights/checkpoint.h"
#include "weights/clip_config.h"

namespace vifi {

/// The tensor `name` as float32. @throws Error(internal) if it is absent: whoever read the file has checked the names.
at::Tensor float_tensor(const TensorMap& tensors, const std::string& name);

/// A row-major copy of the given type that shares no memory with the file it came from.
at::Tensor owned(const at::Tensor& tensor, at::ScalarType dtype);

/// The activation as it is defined.
at::Tensor activated(const at::Tensor& x, Activation activation);

/// Each row divided by its L2 norm, without epsilon. x [N, E], float32.
at::Tensor l2_normalised(const at::Tensor& x);

}  // namespace vifi
