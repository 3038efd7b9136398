#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

#include "cpu/after.h"
#include "cpu/row_order.h"

namespace vifi {

/// Linear layers in bf16 on a processor with AMX: weights and rows lie in tiles in the order in which they are read, the
/// weights that come next are fetched meanwhile, and bias and activation are done to one block of results while the
/// next is multiplied.

/// Whether the tiles fit a layer. `amx_available` says whether the machine has them.
constexpr bool amx_linear_fits(std::int64_t in, std::int64_t out) { return in % 32 == 0 && out % 32 == 0; }

/// @param weight  [out, in], bf16
/// @return        [out / 32, in / 32, 2, 16, 16, 2]: panels of 32 outputs, for every 32 inputs two tiles of 16 outputs
at::Tensor amx_packed(const at::Tensor& weight);

struct AmxProduct {
  std::int64_t rows;
  RowOrder in = RowOrder::rows, out = RowOrder::rows;
  After after = After::nothing;
};

/// The activation of x weight^T + bias. Runs on the process's threads.
/// @param x       [R, in], bf16, contiguous, in the order `product.in`
/// @param packed  of amx_packed
/// @param bias    [out], float32
/// @return        [R, out], bf16, in the order `product.out`
at::Tensor amx_linear(const at::Tensor& x, const at::Tensor& packed, const at::Tensor& bias, const AmxProduct& product);

}  // namespace vifi
