#pragma once

#include <memory>

#include <ATen/core/Tensor.h>

#include "clip/attention_pool.h"
#include "clip/blocks.h"
#include "cpu/linear.h"
#include "weights/checkpoint.h"
#include "weights/pooled_config.h"

namespace vifi {

/// An image tower that reads all its tokens by attention pooling; what stands around the blocks is optional
/// (`PooledTowerConfig`). Immutable; one thread at a time.
class PooledTower {
 public:
  /// @param tensors  holds `expected_tensors(config)`
  PooledTower(const PooledTowerConfig& config, const TensorMap& tensors, const TowerOptions& options);

  /// @param images  [B, 3, H, W], normalised pixels, float32
  /// @return        [B, E], float32, not normalised
  /// @throws Error(invalid_argument) for images of another size
  at::Tensor forward(const at::Tensor& images) const;

 private:
  at::Tensor tokens(const at::Tensor& images) const;  // [B, tokens, W]
  at::Tensor embedded_patches(const at::Tensor& images) const;  // [B, patches, W]

  PooledTowerConfig config_;
  at::ScalarType dtype_;
  Linear patch_embedding_;                    // [3 p p] -> [W]
  at::Tensor first_token_;                    // [W], class embedding + its position; undefined: none
  at::Tensor patch_positions_;                // [patches, W]
  at::Tensor ln_pre_weight_, ln_pre_bias_;    // [W]; undefined: no norm
  at::Tensor ln_post_weight_, ln_post_bias_;  // [W]
  std::unique_ptr<Blocks> blocks_;
  AttentionPool pool_;
  at::Tensor projection_;                     // [W, E], float32; undefined: none
  at::Tensor projection_bias_;                // [E], float32; undefined: none
};

/// Angles of a grid of patches, row by row (golden suite pe-forward): the first half of a head turns with the column,
/// the second with the row; columns and rows count from 1 behind a class token, which itself is not turned, else from 0.
/// @param head_width  a multiple of 4
Rotary grid_rotary(std::int64_t rows, std::int64_t columns, std::int64_t head_width, bool class_token);

}  // namespace vifi
