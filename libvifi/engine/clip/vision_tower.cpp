#include <ATen/TensorOperators.h>
#include <ATen/ops/add.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/matmul.h>

#include "clip/tensors.h"
#include "clip/towers.h"
#include "vifi/error.h"

namespace vifi {

using at::Tensor;

VisionTower::VisionTower(const ClipConfig& config, const TensorMap& tensors, const TowerOptions& options,
                         const TensorMap& prompts)
    : config_(config), dtype_(options.dtype), images_in_half_(options.casts.images) {
  const auto get = [&](const char* name) { return float_tensor(tensors, std::string("visual.") + name); };
  patch_embedding_ = Linear(get("conv1.weight").reshape({config.vision.width, -1}), {}, options.dtype, options.kernels);
  const Tensor positions = get("positional_embedding");  // [1 + patches, W]
  first_token_ = owned(get("class_embedding") + positions.select(0, 0), dtype_);
  patch_positions_ = owned(positions.narrow(0, 1, positions.size(0) - 1), dtype_);
  ln_pre_weight_ = owned(get("ln_pre.weight"), dtype_);
  ln_pre_bias_ = owned(get("ln_pre.bias"), dtype_);
  ln_post_weight_ = owned(get("ln_post.weight"), at::kFloat);
  ln_post_bias_ = owned(get("ln_post.bias"), at::kFloat);
  projection_ = owned(get("proj"), at::kFloat);
  TowerPrompts learned = vision_prompts(prompts, config.vision.layers);
  if (options.casts.prompts) {
    learned = rounded_to_half(learned, /*entry=*/true);
  }
  if (learned.entry.defined()) {
    prompts_ = owned(learned.entry, dtype_);
  }
  blocks_ = make_blocks(block_weights(tensors, "visual.transformer.", config.vision.layers), config.vision, Mask::none,
                        options, {}, {.position = positions.size(0), .rows = learned.deeper});
}

Tensor VisionTower::tokens(const Tensor& images) const {
  const std::int64_t prompts = prompts_.defined() ? prompts_.size(0) : 0;
  const std::int64_t batch = images.size(0), rows = config_.patch_rows(), columns = config_.patch_columns(),
                     patch = config_.patch_size, width = config_.vision.width;
  // A convolution whose stride is its kernel is a product: one row of 3 p p pixels a patch.
  const Tensor patches = (images_in_half_ ? images.to(at::kHalf) : images)
                             .to(dtype_)
                             .view({batch, 3, rows, patch, columns, patch})
                             .permute({0, 2, 4, 1, 3, 5})
                             .reshape({batch * rows * columns, 3 * patch * patch});
  const Tensor embedded = patch_embedding_(patches).view({batch, rows * columns, width});
  // In training: what is recorded is not written into.
  if (embedded.requires_grad() || first_token_.requires_grad() || (prompts > 0 && prompts_.requires_grad())) {
    std::vector<Tensor> parts{first_token_.expand({batch, 1, width}), embedded + patch_positions_};
    if (prompts > 0) {
      parts.push_back(prompts_.expand({batch, prompts, width}));
    }
    return at::cat(parts, 1);
  }
  Tensor tokens = at::empty({batch, 1 + rows * columns + prompts, width}, embedded.options());
  tokens.select(1, 0).copy_(first_token_);
  Tensor behind_first = tokens.narrow(1, 1, rows * columns);
  at::add_out(behind_first, embedded, patch_positions_);
  if (prompts > 0) {
    tokens.narrow(1, 1 + rows * columns, prompts).copy_(prompts_);
  }
  return tokens;
}

Tensor VisionTower::forward(const Tensor& images) const { return read(images).matmul(projection_); }

Tensor VisionTower::read(const Tensor& images) const {
  if (images.dim() != 4 || images.size(1) != 3 || images.size(2) != config_.image_height ||
      images.size(3) != config_.image_width) {
    throw Error(ErrorCode::invalid_argument, "[encode frames] images: expected [B, 3, " +
                                                 std::to_string(config_.image_height) + ", " +
                                                 std::to_string(config_.image_width) + "]");
  }
  const double eps = config_.vision.layer_norm_eps;
  const at::IntArrayRef width(config_.vision.width);
  const Tensor x = at::layer_norm(tokens(images.contiguous()), width, ln_pre_weight_, ln_pre_bias_, eps);
  const std::vector<std::int64_t> class_token(static_cast<std::size_t>(images.size(0)), 0);
  const Tensor last = blocks_->forward_rows(x, class_token);  // [B, W]
  return at::layer_norm(last, width, ln_post_weight_, ln_post_bias_, eps);
}

}  // namespace vifi
