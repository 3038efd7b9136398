#pragma once

#include <ATen/core/Tensor.h>

#include "cpu/row_kernels.h"
#include "vifi/model.h"

namespace vifi {

/// A linear layer: at::linear, or, on a processor, oneDNN's product with a weight that was reordered once. Immutable.
class Linear {
 public:
  enum class After { nothing, silu, gelu, gelu_tanh };  ///< what happens to each output, in the same pass where packed

  Linear() = default;
  /// @param weight   [out, in], float32 values of any type
  /// @param bias     [out], or undefined
  /// @param kernels  plain or packed; packed falls back to plain where this libtorch or machine cannot
  Linear(const at::Tensor& weight, const at::Tensor& bias, at::ScalarType dtype, CpuKernels kernels,
         After after = After::nothing);

  /// @param x  [..., in], of the layer's type
  /// @return   [..., out]
  at::Tensor operator()(const at::Tensor& x) const;

 private:
  at::Tensor weight_;  // as given, or in oneDNN's own order
  at::Tensor bias_;
  bool packed_ = false;
  bool in_tiles_ = false;  // of AMX; weight_ in its order, bias_ in float32
  After after_ = After::nothing;
  RowKernels row_kernels_{false};
};

/// Are oneDNN's packed products present in this libtorch and able to run `dtype` on this machine?
bool packed_products_available(at::ScalarType dtype);

}  // namespace vifi
