#pragma once

#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "weights/torch_value.h"

namespace vifi {

/// A value as a pickle of protocol 2, in the few instructions that PyTorch's restricted unpickler allows.
struct PickledValue {
  std::string bytes;
  std::vector<at::Tensor> storages;  ///< the pickle names their content "0", "1", …: row-major elements
};

/// @throws Error(invalid_argument) for text that is not UTF-8, Error(unsupported) for tensors that are not dense or
///         of a type without a storage class
PickledValue pickle(const TorchValue& value);

}  // namespace vifi
