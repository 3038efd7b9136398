#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

#include "cpu/after.h"

namespace vifi {

/// Linear layers in float32 on a processor with AVX-512: weights lie in the order in which they are read, and those that
/// come next are fetched meanwhile, which hides most of what it costs that a model's weights fit into no core's cache.

/// Whether panels of 32 fit a layer's outputs.
constexpr bool avx512_linear_fits(std::int64_t out) { return out % 32 == 0; }

/// Whether the machine has AVX-512. Where it has, `own_float32_products` of choose_kernels.h says what is faster.
bool avx512_linear_available();

/// @param weight  [out, in], float32
/// @return        [out / 32, in, 32]
at::Tensor avx512_packed(const at::Tensor& weight);

/// The activation of x weight^T + bias. Runs on the process's threads.
/// @param x       [R, in], float32, contiguous
/// @param packed  of avx512_packed
/// @param bias    [out], float32
/// @return        [R, out]
at::Tensor avx512_linear(const at::Tensor& x, const at::Tensor& packed, const at::Tensor& bias, After after = After::nothing);

}  // namespace vifi
