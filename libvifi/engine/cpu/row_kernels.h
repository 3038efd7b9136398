#pragma once

#include <ATen/core/Tensor.h>

#include "cpu/row_order.h"

namespace vifi {

/// What stands between the products of a block, each in one pass over memory: with AVX-512 (and its bf16) where the
/// machine has it, else by ATen's operators, which are also what tests compare with. Tensors are float32 or bf16 and
/// contiguous; sums are taken in float32. Run on the process's threads.
class RowKernels {
 public:
  /// @param vectorised  false: ATen's operators
  explicit RowKernels(bool vectorised) : vectorised_(vectorised) {}
  explicit RowKernels(at::ScalarType dtype) : RowKernels(available(dtype)) {}
  static bool available(at::ScalarType dtype);
  bool vectorised() const { return vectorised_; }

  /// Layer norm of each row. @param x [R, W]. @param weight, bias  [W]. @param order  of the result; tiles where vectorised
  at::Tensor norm(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, double eps,
                  RowOrder order = RowOrder::rows) const;
  /// y += x, then the layer norm of y.
  at::Tensor add_and_norm(const at::Tensor& y, const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                          double eps, RowOrder order = RowOrder::rows) const;
  /// y += x
  void add(const at::Tensor& y, const at::Tensor& x) const;
  /// x * sigmoid(x), in place.
  void silu(const at::Tensor& x) const;
  /// Softmax of each row, in place. @param x [..., N]
  void softmax(const at::Tensor& x) const;

 private:
  bool vectorised_;
};

}  // namespace vifi
