#pragma once

#include <limits>

#include <ATen/TensorOperators.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/full.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/linspace.h>
#include <ATen/ops/silu.h>

#include "cpu/after.h"

namespace vifi {

/// Values in about -1..1 without a pattern, float32.
inline at::Tensor some_values(at::IntArrayRef sizes, double step) {
  const std::int64_t count = c10::multiply_integers(sizes);
  return at::linspace(1, static_cast<double>(count), count).mul_(step).sin_().view(sizes);
}

/// An activation by ATen.
inline at::Tensor activated(const at::Tensor& x, After after) {
  switch (after) {
    case After::nothing: return x;
    case After::silu: return at::silu(x);
    case After::gelu: return at::gelu(x);
    case After::gelu_tanh: return at::gelu(x, "tanh");
  }
  return {};
}

/// Attention by ATen in the type of `qkv`. @param qkv  [B, N, 3, heads, D]. @return [B, N, heads, D]
inline at::Tensor plain_attention(const at::Tensor& qkv, bool causal) {
  const std::int64_t batch = qkv.size(0), tokens = qkv.size(1), heads = qkv.size(3), depth = qkv.size(4);
  const at::Tensor parts = qkv.permute({2, 0, 3, 1, 4}).contiguous();  // [3, B, heads, N, D]
  const auto part = [&](int which) { return parts[which].reshape({batch * heads, tokens, depth}); };
  at::Tensor scores = at::bmm(part(0), part(1).transpose(1, 2));
  if (causal) {
    scores.add_(at::full({tokens, tokens}, -std::numeric_limits<double>::infinity(), qkv.options()).triu_(1));
  }
  return at::bmm(scores.softmax(-1), part(2)).view({batch, heads, tokens, depth}).permute({0, 2, 1, 3});
}

}  // namespace vifi
