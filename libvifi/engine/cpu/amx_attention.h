#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace vifi {

/// Attention of bf16 heads in the tile registers of a processor with AMX: scores of 16 queries at a time, softmax in
/// float32, and the product with the values, with nothing of it in memory but what the caches of a core hold.

/// Whether this machine, its system and `ONEDNN_MAX_CPU_ISA` allow it. The first call asks the system for the registers.
bool amx_attention_available();

/// Heads whose depth the tiles fit.
constexpr bool amx_attention_fits(std::int64_t depth) { return depth == 32 || depth == 64; }

/// softmax(q k^T) v of each head. Runs on the process's threads.
/// @param qkv     [B, N, 3, heads, D], bf16, contiguous; queries are scaled already
/// @param causal  a token sees itself and those before it
/// @return        [B, N, heads, D], bf16
at::Tensor amx_attention(const at::Tensor& qkv, bool causal);

}  // namespace vifi
