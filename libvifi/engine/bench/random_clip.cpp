#include "bench/random_clip.h"

#include <cmath>
#include <utility>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>

#include "vifi/error.h"

namespace vifi {
namespace {

constexpr std::uint64_t kSeed = 17;

class Maker {
 public:
  explicit Maker(TensorMap& tensors) : tensors_(tensors), generator_(at::make_generator<at::CPUGeneratorImpl>(kSeed)) {}

  void normal(const std::string& name, at::IntArrayRef sizes, double deviation) {
    tensors_[name] = at::empty(sizes, at::kFloat).normal_(0, deviation, generator_);
  }
  void linear(const std::string& weight, const std::string& bias, std::int64_t out, std::int64_t in) {
    normal(weight, {out, in}, 1 / std::sqrt(static_cast<double>(in)));
    normal(bias, {out}, 0.02);
  }
  void norm(const std::string& name, std::int64_t width) {
    normal(name + ".weight", {width}, 0.1);
    tensors_[name + ".weight"].add_(1);
    normal(name + ".bias", {width}, 0.1);
  }
  void blocks(const std::string& prefix, const TowerConfig& config) {
    for (std::int64_t layer = 0; layer < config.layers; ++layer) {
      const std::string block = prefix + "resblocks." + std::to_string(layer) + ".";
      norm(block + "ln_1", config.width);
      linear(block + "attn.in_proj_weight", block + "attn.in_proj_bias", 3 * config.width, config.width);
      linear(block + "attn.out_proj.weight", block + "attn.out_proj.bias", config.width, config.width);
      norm(block + "ln_2", config.width);
      linear(block + "mlp.c_fc.weight", block + "mlp.c_fc.bias", config.mlp_width, config.width);
      linear(block + "mlp.c_proj.weight", block + "mlp.c_proj.bias", config.width, config.mlp_width);
    }
  }
  void scalar(const std::string& name, double value) { tensors_[name] = at::full({}, value, at::kFloat); }

 private:
  TensorMap& tensors_;
  at::Generator generator_;
};

ClipConfig config_of(std::int64_t patch, std::int64_t embed_dim, TowerConfig vision, TowerConfig text) {
  return {.image_height = 224,
          .image_width = 224,
          .patch_size = patch,
          .embed_dim = embed_dim,
          .context_length = 77,
          .vocab_size = 49408,
          .vision = vision,
          .text = text};
}

}  // namespace

ClipConfig published_config(std::string_view architecture) {
  const TowerConfig base{.width = 768, .layers = 12, .heads = 12, .mlp_width = 3072};
  const TowerConfig base_text{.width = 512, .layers = 12, .heads = 8, .mlp_width = 2048};
  if (architecture == "ViT-B/32") {
    return config_of(32, 512, base, base_text);
  }
  if (architecture == "ViT-B/16") {
    return config_of(16, 512, base, base_text);
  }
  if (architecture == "ViT-L/14") {
    return config_of(14, 768, {.width = 1024, .layers = 24, .heads = 16, .mlp_width = 4096},
                     {.width = 768, .layers = 12, .heads = 12, .mlp_width = 3072});
  }
  throw Error(ErrorCode::invalid_argument, "[bench] architecture: expected ViT-B/32, ViT-B/16 or ViT-L/14, got \"" +
                                               std::string(architecture) + "\"");
}

ClipWeights random_clip_weights(const ClipConfig& config, Towers towers) {
  ClipWeights weights;
  weights.config = config;
  weights.format = "random";
  Maker make(weights.tensors);
  const std::int64_t width = config.vision.width, patches = config.patch_rows() * config.patch_columns();
  make.normal("visual.conv1.weight", {width, 3, config.patch_size, config.patch_size}, 0.02);
  make.normal("visual.class_embedding", {width}, 0.5);
  make.normal("visual.positional_embedding", {1 + patches, width}, 0.1);
  make.norm("visual.ln_pre", width);
  make.blocks("visual.transformer.", config.vision);
  make.norm("visual.ln_post", width);
  make.normal("visual.proj", {width, config.embed_dim}, 1 / std::sqrt(static_cast<double>(width)));
  make.scalar("logit_scale", std::log(100.0));
  if (towers == Towers::both) {
    const std::int64_t text_width = config.text.width;
    make.normal("token_embedding.weight", {config.vocab_size, text_width}, 0.5);
    make.normal("positional_embedding", {config.context_length, text_width}, 0.1);
    make.blocks("transformer.", config.text);
    make.norm("ln_final", text_width);
    make.normal("text_projection", {text_width, config.embed_dim}, 1 / std::sqrt(static_cast<double>(text_width)));
  }
  return weights;
}

}  // namespace vifi
