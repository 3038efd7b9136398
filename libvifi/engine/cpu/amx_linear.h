#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace vifi {

/// Linear layers in bf16 on a processor with AMX: a panel of 32 outputs stays in the nearest cache while all rows pass
/// by, and what follows the product is done to 32 x 32 results before they reach memory.

/// Whether the tiles fit a layer. `amx_attention_available` says whether the machine has them.
constexpr bool amx_linear_fits(std::int64_t in, std::int64_t out) { return in % 32 == 0 && out % 32 == 0; }

/// @param weight  [out, in], bf16
/// @return        the same values in panels of 32 outputs, each of tiles in the order in which they are read
at::Tensor amx_packed(const at::Tensor& weight);

/// x weight^T + bias, and x * sigmoid(x) of it where `silu`. Runs on the process's threads.
/// @param x     [R, in], bf16, contiguous
/// @param bias  [out], float32
/// @return      [R, out], bf16
at::Tensor amx_linear(const at::Tensor& x, const at::Tensor& packed, const at::Tensor& bias, bool silu);

}  // namespace vifi
