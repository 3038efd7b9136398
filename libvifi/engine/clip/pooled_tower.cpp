#include "clip/pooled_tower.h"

#include <cmath>
#include <string>

#include <ATen/TensorOperators.h>
#include <ATen/ops/add.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/zeros.h>

#include "clip/tensors.h"
#include "vifi/error.h"

namespace vifi {

using at::Tensor;

namespace {

TowerConfig pool_config(const PooledTowerConfig& config) {
  TowerConfig pool = config.blocks;
  pool.heads = config.pool_heads;
  pool.mlp_width = config.pool_mlp_width;
  return pool;
}

}  // namespace

Rotary grid_rotary(std::int64_t rows, std::int64_t columns, std::int64_t head_width, bool class_token) {
  const std::int64_t frequencies = head_width / 4, first = class_token ? 1 : 0;
  const Tensor angles = at::zeros({first + rows * columns, 2 * frequencies}, at::kDouble);
  auto* values = angles.mutable_data_ptr<double>();
  for (std::int64_t patch = 0; patch < rows * columns; ++patch) {
    for (std::int64_t i = 0; i < frequencies; ++i) {
      const double frequency = std::pow(10000.0, -static_cast<double>(i) / static_cast<double>(frequencies));
      double* row = values + (first + patch) * 2 * frequencies;
      row[i] = static_cast<double>(patch % columns + first) * frequency;
      row[frequencies + i] = static_cast<double>(patch / columns + first) * frequency;
    }
  }
  return {angles.cos().to(at::kFloat), angles.sin().to(at::kFloat)};
}

PooledTower::PooledTower(const PooledTowerConfig& config, const TensorMap& tensors, const TowerOptions& options)
    : config_(config), dtype_(options.dtype), pool_(tensors, "visual.attn_pool.", pool_config(config), options) {
  const auto get = [&](const char* name) { return float_tensor(tensors, std::string("visual.") + name); };
  const std::int64_t width = config.blocks.width;
  patch_embedding_ = Linear(get("conv1.weight").reshape({width, -1}), config.patch_bias ? get("conv1.bias") : Tensor(),
                            options.dtype, options.kernels);
  const Tensor positions = get("positional_embedding");  // [tokens, W]
  const std::int64_t first = config.class_token ? 1 : 0;
  if (config.class_token) {
    first_token_ = owned(get("class_embedding") + positions.select(0, 0), dtype_);
  }
  patch_positions_ = owned(positions.narrow(0, first, positions.size(0) - first), dtype_);
  if (config.norm_before) {
    ln_pre_weight_ = owned(get("ln_pre.weight"), dtype_);
    ln_pre_bias_ = owned(get("ln_pre.bias"), dtype_);
  }
  ln_post_weight_ = owned(get("ln_post.weight"), dtype_);
  ln_post_bias_ = owned(get("ln_post.bias"), dtype_);
  if (config.embed_dim > 0) {
    projection_ = owned(get("proj"), at::kFloat);
  }
  if (config.projection_bias) {
    projection_bias_ = owned(get("proj_bias"), at::kFloat);
  }
  const Rotary rotary = config.rotary ? grid_rotary(config.patch_rows(), config.patch_columns(),
                                                    width / config.blocks.heads, config.class_token)
                                      : Rotary{};
  blocks_ = make_blocks(block_weights(tensors, "visual.transformer.", config.blocks.layers), config.blocks, Mask::none,
                        options, rotary);
}

Tensor PooledTower::embedded_patches(const Tensor& images) const {
  const std::int64_t batch = images.size(0), rows = config_.patch_rows(), columns = config_.patch_columns(),
                     patch = config_.patch_size;
  // A convolution whose stride is its kernel is a product: one row of 3 p p pixels a patch.
  const Tensor patches = images.narrow(2, 0, rows * patch)
                             .narrow(3, 0, columns * patch)
                             .to(dtype_)
                             .reshape({batch, 3, rows, patch, columns, patch})
                             .permute({0, 2, 4, 1, 3, 5})
                             .reshape({batch * rows * columns, 3 * patch * patch});
  return patch_embedding_(patches).view({batch, rows * columns, config_.blocks.width});
}

Tensor PooledTower::tokens(const Tensor& images) const {
  const Tensor embedded = embedded_patches(images);
  if (!config_.class_token) {
    return embedded + patch_positions_;
  }
  Tensor tokens = at::empty({embedded.size(0), 1 + embedded.size(1), embedded.size(2)}, embedded.options());
  tokens.select(1, 0).copy_(first_token_);
  Tensor behind_first = tokens.narrow(1, 1, embedded.size(1));
  at::add_out(behind_first, embedded, patch_positions_);
  return tokens;
}

Tensor PooledTower::forward(const Tensor& images) const {
  if (images.dim() != 4 || images.size(1) != 3 || images.size(2) != config_.image_height ||
      images.size(3) != config_.image_width) {
    throw Error(ErrorCode::invalid_argument, "[encode frames] images: expected [B, 3, " +
                                                 std::to_string(config_.image_height) + ", " +
                                                 std::to_string(config_.image_width) + "]");
  }
  const double eps = config_.blocks.layer_norm_eps;
  const at::IntArrayRef width(config_.blocks.width);
  Tensor x = tokens(images.contiguous());
  if (config_.norm_before) {
    x = at::layer_norm(x, width, ln_pre_weight_, ln_pre_bias_, eps);
  }
  x = at::layer_norm(blocks_->forward(std::move(x)), width, ln_post_weight_, ln_post_bias_, eps);
  const Tensor pooled = pool_.forward(x);  // [B, W]
  if (!projection_.defined()) {
    return pooled;
  }
  const Tensor features = pooled.matmul(projection_);
  return projection_bias_.defined() ? features + projection_bias_ : features;
}

}  // namespace vifi
