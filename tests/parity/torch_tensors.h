#pragma once

#include <cstring>
#include <stdexcept>

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>

#include "parity.h"

namespace vifi::parity {

/// A golden tensor (F32, F64 or I64) as libtorch's own.
inline at::Tensor to_torch(const Tensor& tensor) {
  const at::ScalarType type = tensor.dtype == "I64" ? at::kLong : tensor.dtype == "F64" ? at::kDouble : at::kFloat;
  at::Tensor result = at::empty(tensor.shape, at::TensorOptions().dtype(type));
  if (result.nbytes() != tensor.data.size()) {
    throw std::runtime_error("an input is neither F32, F64 nor I64");
  }
  std::memcpy(result.mutable_data_ptr(), tensor.data.data(), tensor.data.size());
  return result;
}

inline Tensor from_torch(const at::Tensor& tensor) {
  const at::Tensor values = tensor.detach().to(at::kCPU).contiguous();
  const at::ScalarType type = values.scalar_type();
  Tensor result{type == at::kLong ? "I64" : type == at::kDouble ? "F64" : "F32", values.sizes().vec(),
                std::vector<std::byte>(values.nbytes())};
  std::memcpy(result.data.data(), values.const_data_ptr(), result.data.size());
  return result;
}

}  // namespace vifi::parity
