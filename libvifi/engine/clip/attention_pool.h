#pragma once

#include <string>

#include <ATen/core/Tensor.h>

#include "clip/blocks.h"
#include "cpu/linear.h"
#include "weights/checkpoint.h"
#include "weights/clip_config.h"

namespace vifi {

/// Reads a set of tokens with one learned query (Zhai et al. 2022, Scaling Vision Transformers, section 3.4):
/// y = attention(query, tokens), then y + mlp(norm(y)). The query itself is not added. Immutable; one thread at a time.
class AttentionPool {
 public:
  /// @param config  width, heads, MLP, activation and epsilon of the pool; `layers` is not read
  AttentionPool(const TensorMap& tensors, const std::string& prefix, const TowerConfig& config,
                const TowerOptions& options);

  /// @param x  [B, N, W], normed tokens of the type in the options
  /// @return   [B, W], float32
  at::Tensor forward(const at::Tensor& x) const;

 private:
  TowerConfig config_;
  at::Tensor query_;                                // [1, heads, 1, W / heads], float32
  Linear key_value_;                                // W -> 2 W
  Linear out_, fc_, proj_;                          // float32: one row an image
  at::Tensor norm_weight_, norm_bias_;              // [W], float32
};

}  // namespace vifi
