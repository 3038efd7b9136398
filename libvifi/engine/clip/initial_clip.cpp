#include "clip/initial_clip.h"

#include <cmath>
#include <string>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/linalg_eigh.h>
#include <ATen/ops/linalg_qr.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>

#include "vifi/error.h"

namespace vifi {
namespace {

using at::Tensor;

constexpr double kTemperature = 0.07;

double inverse_root(std::int64_t number) {
  return 1 / std::sqrt(static_cast<double>(number));
}

/// Draws tensors in the order in which they are asked for.
class Draws {
 public:
  explicit Draws(at::Generator generator) : generator_(std::move(generator)) {}

  Tensor normal(at::IntArrayRef sizes, double deviation) const {
    return at::empty(sizes, at::TensorOptions().dtype(at::kFloat)).normal_(0, deviation, generator_);
  }
  Tensor uniform(at::IntArrayRef sizes, double bound) const {
    return at::empty(sizes, at::TensorOptions().dtype(at::kFloat)).uniform_(-bound, bound, generator_);
  }

 private:
  at::Generator generator_;
};

void add_norm(TensorMap& tensors, const std::string& name, std::int64_t width) {
  tensors[name + ".weight"] = at::ones({width}, at::kFloat);
  tensors[name + ".bias"] = at::zeros({width}, at::kFloat);
}

/// What both towers' blocks have in common: norms, and biases as PyTorch's layers begin with them.
void add_block_frame(TensorMap& tensors, const std::string& block, const TowerConfig& tower, const Draws& draws) {
  add_norm(tensors, block + "ln_1", tower.width);
  add_norm(tensors, block + "ln_2", tower.width);
  tensors[block + "attn.in_proj_bias"] = at::zeros({3 * tower.width}, at::kFloat);
  tensors[block + "attn.out_proj.bias"] = at::zeros({tower.width}, at::kFloat);
  tensors[block + "mlp.c_fc.bias"] = draws.uniform({tower.mlp_width}, inverse_root(tower.width));
  tensors[block + "mlp.c_proj.bias"] = draws.uniform({tower.width}, inverse_root(tower.mlp_width));
}

void add_vision_block(TensorMap& tensors, const std::string& block, const TowerConfig& tower, const Draws& draws) {
  add_block_frame(tensors, block, tower, draws);
  const double xavier = std::sqrt(6.0 / static_cast<double>(4 * tower.width));  // fan in W, fan out 3 W
  tensors[block + "attn.in_proj_weight"] = draws.uniform({3 * tower.width, tower.width}, xavier);
  tensors[block + "attn.out_proj.weight"] = draws.uniform({tower.width, tower.width}, inverse_root(tower.width));
  tensors[block + "mlp.c_fc.weight"] = draws.uniform({tower.mlp_width, tower.width}, inverse_root(tower.width));
  tensors[block + "mlp.c_proj.weight"] = draws.uniform({tower.width, tower.mlp_width}, inverse_root(tower.mlp_width));
}

void add_text_block(TensorMap& tensors, const std::string& block, const TowerConfig& tower, const Draws& draws) {
  add_block_frame(tensors, block, tower, draws);
  const double attention = inverse_root(tower.width), residual = attention * inverse_root(2 * tower.layers);
  tensors[block + "attn.in_proj_weight"] = draws.normal({3 * tower.width, tower.width}, attention);
  tensors[block + "attn.out_proj.weight"] = draws.normal({tower.width, tower.width}, residual);
  tensors[block + "mlp.c_fc.weight"] = draws.normal({tower.mlp_width, tower.width}, inverse_root(2 * tower.width));
  tensors[block + "mlp.c_proj.weight"] = draws.normal({tower.width, tower.mlp_width}, residual);
}

}  // namespace

ClipWeights initial_clip(const ClipConfig& config, at::Generator generator) {
  const at::NoGradGuard no_graph;
  const Draws draws(std::move(generator));
  const TowerConfig &vision = config.vision, &text = config.text;
  const double vision_scale = inverse_root(vision.width);
  ClipWeights weights;
  weights.config = config;
  weights.format = "openai_state_dict";
  TensorMap& tensors = weights.tensors;
  tensors["logit_scale"] = at::full({}, std::log(1 / kTemperature), at::kFloat);

  const std::int64_t pixels = 3 * config.patch_size * config.patch_size;
  tensors["visual.conv1.weight"] =
      draws.uniform({vision.width, 3, config.patch_size, config.patch_size}, inverse_root(pixels));
  tensors["visual.class_embedding"] = draws.normal({vision.width}, vision_scale);
  tensors["visual.positional_embedding"] =
      draws.normal({1 + config.patch_rows() * config.patch_columns(), vision.width}, vision_scale);
  tensors["visual.proj"] = draws.normal({vision.width, config.embed_dim}, vision_scale);
  add_norm(tensors, "visual.ln_pre", vision.width);
  for (std::int64_t layer = 0; layer < vision.layers; ++layer) {
    add_vision_block(tensors, "visual.transformer.resblocks." + std::to_string(layer) + ".", vision, draws);
  }
  add_norm(tensors, "visual.ln_post", vision.width);

  tensors["token_embedding.weight"] = draws.normal({config.vocab_size, text.width}, 0.02);
  tensors["positional_embedding"] = draws.normal({config.context_length, text.width}, 0.01);
  for (std::int64_t layer = 0; layer < text.layers; ++layer) {
    add_text_block(tensors, "transformer.resblocks." + std::to_string(layer) + ".", text, draws);
  }
  add_norm(tensors, "ln_final", text.width);
  tensors["text_projection"] = draws.normal({text.width, config.embed_dim}, inverse_root(text.width));
  return weights;
}

Tensor whitening_filters(const Tensor& images, std::int64_t patch, std::int64_t width, double gain,
                         at::Generator generator, double smoothing) {
  const std::int64_t pixels = 3 * patch * patch;
  if (images.dim() != 4 || images.size(1) != 3 || patch < 1 || images.size(2) % patch != 0 ||
      images.size(3) % patch != 0 || width < 1 || width > pixels || images.numel() < 2 * pixels) {
    throw Error(ErrorCode::invalid_argument,
                "[initial weights] " + std::to_string(width) + " filters of " + std::to_string(patch) + "x" +
                    std::to_string(patch) +
                    " pixels: expected images [N, 3, S, S] of whole patches, and no more than " +
                    std::to_string(pixels) + " filters");
  }
  const at::NoGradGuard no_graph;
  const std::int64_t rows = images.size(2) / patch, columns = images.size(3) / patch;
  const Tensor patches = images.to(at::kDouble)
                             .reshape({images.size(0), 3, rows, patch, columns, patch})
                             .permute({0, 2, 4, 1, 3, 5})
                             .reshape({-1, pixels});  // [M, pixels]
  const Tensor centred = patches - patches.mean(at::IntArrayRef{0}, /*keepdim=*/true);
  const Tensor covariance = centred.t().matmul(centred) / static_cast<double>(patches.size(0) - 1);
  const auto [variances, directions] = at::linalg_eigh(covariance);                                       // ascending
  const Tensor scale = 1 / (variances.narrow(0, pixels - width, width).clamp_min(0) + smoothing).sqrt();  // [width]
  const Tensor whitening = (directions.narrow(1, pixels - width, width) * scale).t();  // [width, pixels]
  const Tensor noise = Draws(std::move(generator)).normal({width, width}, 1).to(at::kDouble);
  const Tensor rotation = std::get<0>(at::linalg_qr(noise));
  return (gain * rotation.matmul(whitening)).to(at::kFloat).reshape({width, 3, patch, patch}).contiguous();
}

}  // namespace vifi
