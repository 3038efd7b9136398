#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace vifi {

/// Attention of float32 heads on a processor with AVX-512: scores of a few queries at a time, softmax, and the product
/// with the values, with nothing of it in memory but what the caches of a core hold.

/// Heads whose depth the registers fit. `avx512_linear_available` says whether the machine has them.
constexpr bool avx512_attention_fits(std::int64_t depth) { return depth % 16 == 0; }

struct Avx512Heads {
  std::int64_t batch, tokens, heads, depth;
  bool causal = false;  // a token sees itself and those before it
};

/// softmax(q k^T) v of each head. Runs on the process's threads.
/// @param qkv  [B N, 3 heads D], float32, contiguous; queries are scaled already
/// @return     [B N, heads D]
at::Tensor avx512_attention(const at::Tensor& qkv, const Avx512Heads& heads);

}  // namespace vifi
