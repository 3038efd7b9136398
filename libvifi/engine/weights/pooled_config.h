#pragma once

#include <cstdint>
#include <vector>

#include "weights/clip_config.h"
#include "weights/gather.h"

namespace vifi {

/// A vision transformer that is read by attention pooling, and what stands around its blocks.
struct PooledTowerConfig {
  std::int64_t image_height = 0;  ///< pixels; what is left beyond whole patches is not read
  std::int64_t image_width = 0;
  std::int64_t patch_size = 0;
  std::int64_t embed_dim = 0;     ///< E; 0: no projection, features are as wide as the tower
  TowerConfig blocks;
  std::int64_t pool_heads = 0;
  std::int64_t pool_mlp_width = 0;
  bool patch_bias = false;
  bool class_token = false;
  bool norm_before = false;       ///< a norm between embedding and blocks
  bool rotary = false;            ///< queries and keys are turned by column and row
  bool projection_bias = false;

  std::int64_t patch_rows() const noexcept { return image_height / patch_size; }
  std::int64_t patch_columns() const noexcept { return image_width / patch_size; }
  std::int64_t tokens() const noexcept { return (class_token ? 1 : 0) + patch_rows() * patch_columns(); }
  std::int64_t feature_size() const noexcept { return embed_dim > 0 ? embed_dim : blocks.width; }

  bool operator==(const PooledTowerConfig&) const = default;
};

/// Every tensor of the tower, `visual.*`: CLIP's names as far as CLIP has them, `visual.conv1.bias`,
/// `visual.attn_pool.{probe, attn.in_proj_weight, attn.in_proj_bias, attn.out_proj, layernorm, mlp.c_fc, mlp.c_proj}`
/// and `visual.proj_bias`.
std::vector<ExpectedTensor> expected_tensors(const PooledTowerConfig& config);

}  // namespace vifi
