#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

#include "cpu/row_order.h"

namespace vifi {

/// Attention of bf16 heads in the tile registers of a processor with AMX: scores of 16 queries at a time, softmax in
/// float32, and the product with the values, with nothing of it in memory but what the caches of a core hold.

/// Heads whose depth the tiles fit. `amx_available` says whether the machine has them.
constexpr bool amx_attention_fits(std::int64_t depth) { return depth == 32 || depth == 64; }

struct AmxHeads {
  std::int64_t batch, tokens, heads, depth;
  bool causal = false;                               // a token sees itself and those before it
  RowOrder in = RowOrder::rows, out = RowOrder::rows;
};

/// softmax(q k^T) v of each head. Runs on the process's threads.
/// @param qkv  [B N, 3 heads D], bf16, contiguous, in the order `heads.in`; queries are scaled already
/// @return     [B N, heads D], bf16, in the order `heads.out`
at::Tensor amx_attention(const at::Tensor& qkv, const AmxHeads& heads);

}  // namespace vifi
