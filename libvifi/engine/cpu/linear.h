#pragma once

#include <ATen/core/Tensor.h>

#include "cpu/after.h"
#include "cpu/row_kernels.h"
#include "cpu/row_order.h"
#include "vifi/model.h"

namespace vifi {

/// A linear layer: at::linear, or, on a processor, a product with a weight that was reordered once: our own in AMX's
/// tiles for bf16 where they fit, our own with AVX-512 for float32 where it is faster, else oneDNN's. Immutable.
class Linear {
 public:
  using After = vifi::After;  ///< in the same pass where packed
  enum class Packed { best, onednn };

  Linear() = default;
  /// @param weight   [out, in], float32 values of any type
  /// @param bias     [out], or undefined
  /// @param kernels  plain or packed; packed falls back to plain where this libtorch or machine cannot
  /// @param packed   onednn: packed is oneDNN's, which is what our own products are compared with
  Linear(const at::Tensor& weight, const at::Tensor& bias, at::ScalarType dtype, CpuKernels kernels,
         After after = After::nothing, Packed packed = Packed::best);

  bool in_tiles() const { return in_tiles_; }
  bool own() const { return in_tiles_ || in_panels_; }  ///< neither libtorch's nor oneDNN's

  /// @param x  [R, in], of the layer's type; contiguous where packed
  /// @return   [R, out]
  at::Tensor operator()(const at::Tensor& x) const;

  /// The same in either order of rows. Only where in_tiles().
  at::Tensor ordered(const at::Tensor& x, std::int64_t rows, RowOrder in, RowOrder out) const;

 private:
  at::Tensor weight_;  // as given, in oneDNN's own order, in tiles, or in panels
  at::Tensor bias_;
  bool packed_ = false;
  bool in_tiles_ = false;
  bool in_panels_ = false;
  After after_ = After::nothing;
  RowKernels row_kernels_{false};
};

/// Are oneDNN's packed products present in this libtorch and able to run `dtype` on this machine?
bool packed_products_available(at::ScalarType dtype);

}  // namespace vifi
