#include "methods/siglip/siglip_weights.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "base/json_object.h"
#include "weights/clip_architecture.h"
#include "weights/layout.h"
#include "weights/timm_layout.h"
#include "weights/weights_error.h"

namespace vifi {
namespace {

constexpr double kEps = 1e-6;

bool has(const TensorMap& tensors, const char* name) { return tensors.count(name) > 0; }

bool is_hugging_face(const TensorMap& stored) { return has(stored, "vision_model.head.probe"); }

Source open_clip_source(const std::string& canonical) {
  if (canonical.starts_with("visual.")) {
    return timm_source(canonical);
  }
  if (canonical == "text_projection") {
    return {{"text.text_projection.weight"}, Source::How::transposed};
  }
  if (canonical == "text_projection_bias") {
    return {{"text.text_projection.bias"}};
  }
  return canonical.starts_with("logit_") ? Source{{canonical}} : Source{{"text." + canonical}};
}

Source hugging_face_source(const std::string& canonical) {
  constexpr std::string_view kPool = "visual.attn_pool.";
  if (canonical == "text_projection") {
    return {{"text_model.head.weight"}, Source::How::transposed};
  }
  if (canonical == "text_projection_bias") {
    return {{"text_model.head.bias"}};
  }
  if (!canonical.starts_with(kPool)) {
    return source_of(Layout::hugging_face, canonical);
  }
  const std::string_view rest = std::string_view(canonical).substr(kPool.size());
  if (rest == "probe") {
    return {{"vision_model.head.probe"}, Source::How::unwrapped};
  }
  static constexpr std::pair<std::string_view, std::string_view> kParts[] = {
      {"attn.", "attention."}, {"mlp.c_fc.", "mlp.fc1."}, {"mlp.c_proj.", "mlp.fc2."}};
  for (const auto& [from, to] : kParts) {
    if (rest.starts_with(from)) {
      return {{"vision_model.head." + std::string(to) + std::string(rest.substr(from.size()))}};
    }
  }
  return {{"vision_model.head." + std::string(rest)}};
}

/// Files with open_clip's names do not tell. Of the published sizes two have heads that are not 64 wide.
std::int64_t published_heads(std::int64_t width) {
  constexpr std::int64_t kSo400m = 1152, kGiant = 1536;
  return width == kSo400m || width == kGiant ? 16 : std::max<std::int64_t>(1, width / 64);
}

/// The large models of the second generation use the approximation in the image tower too (timm 1.0).
Activation published_activation(const PooledTowerConfig& vision) {
  return vision.blocks.width >= 1152 && vision.patch_size == 16 ? Activation::gelu_tanh : Activation::gelu;
}

[[noreturn]] void refuse_config(const std::string& message) {
  throw WeightsError(WeightsErrorKind::corrupt, message);
}

void read_open_clip(const Checkpoint& checkpoint, const TensorMap& stored, const ClipOverrides& overrides,
                    PooledWeights& weights) {
  read_sizes(checkpoint, stored, open_clip_source, weights);
  PooledTowerConfig& vision = weights.vision;
  TowerConfig& text = weights.text.text;
  vision.blocks.heads = published_heads(vision.blocks.width);
  vision.blocks.activation = published_activation(vision);
  vision.blocks.layer_norm_eps = text.layer_norm_eps = kEps;
  text.heads = published_heads(text.width);
  text.activation = Activation::gelu;
  if (checkpoint.config.is_object() && checkpoint.config.contains("model_cfg")) {
    const JsonObject root(checkpoint.config, checkpoint.config_path, refuse_config);
    const JsonObject config = root.section("model_cfg").section("text_cfg");
    text.heads = config.integer("heads", text.heads);
    text.layer_norm_eps = config.section("norm_kwargs").real("eps", text.layer_norm_eps);
    if (config.section("act_kwargs").text("approximate", "none") == "tanh") {
      text.activation = Activation::gelu_tanh;
    }
  } else {
    if (!overrides.activation) {
      weights.assumptions.push_back("activations " + std::string(name_of(vision.blocks.activation)) + " of images, " +
                                    std::string(name_of(text.activation)) +
                                    " of texts; the second generation has gelu_tanh for texts");
    }
    if (!(overrides.vision_heads && overrides.text_heads)) {
      weights.assumptions.push_back("attention heads: " + std::to_string(vision.blocks.heads) + " for images, " +
                                    std::to_string(text.heads) + " for texts, as published models of this width");
    }
  }
  const StoredShapes shapes(checkpoint.path, stored);
  find_image_size(checkpoint, overrides, shapes.size("visual.trunk.pos_embed", 3, 1), vision);
}

void read_hugging_face(const Checkpoint& checkpoint, PooledWeights& weights) {
  if (!checkpoint.config.is_object()) {
    throw WeightsError(WeightsErrorKind::unsupported,
                       checkpoint.path + " has Hugging Face's tensor names but no config.json beside it",
                       "give the whole folder: the number of heads stands in config.json");
  }
  const JsonObject root(checkpoint.config, checkpoint.config_path, refuse_config);
  if (const std::string type = root.text("model_type", ""); type != "siglip") {
    throw WeightsError(WeightsErrorKind::unsupported,
                       root.place("model_type") + " is \"" + type + "\", this method reads \"siglip\"",
                       "models for any image size (\"siglip2\", NaFlex) have another image tower");
  }
  const JsonObject vision = root.section("vision_config"), text = root.section("text_config");
  const TowerConfig base{.width = 768, .layers = 12, .heads = 12, .mlp_width = 3072,
                         .activation = Activation::gelu_tanh, .layer_norm_eps = kEps};
  weights.vision.blocks = hugging_face_tower(vision, base);
  weights.vision.image_height = weights.vision.image_width = vision.integer("image_size", 224);
  weights.vision.patch_size = vision.integer("patch_size", 16);
  weights.vision.pool_mlp_width = weights.vision.blocks.mlp_width;
  weights.text.text = hugging_face_tower(text, base);
  weights.text.context_length = text.integer("max_position_embeddings", 64);
  weights.text.vocab_size = text.integer("vocab_size", 32000);
  weights.text.embed_dim = text.integer("projection_size", weights.text.text.width);
}

void apply(const ClipOverrides& overrides, PooledWeights& weights) {
  TowerConfig& vision = weights.vision.blocks;
  TowerConfig& text = weights.text.text;
  vision.heads = overrides.vision_heads.value_or(vision.heads);
  text.heads = overrides.text_heads.value_or(text.heads);
  vision.activation = overrides.activation.value_or(vision.activation);
  text.activation = overrides.text_activation.value_or(overrides.activation.value_or(text.activation));
  weights.vision.pool_heads = vision.heads;
}

}  // namespace

bool is_siglip(const Checkpoint& checkpoint) {
  const TensorMap stored = without_wrapper_prefixes(checkpoint.tensors);
  return is_hugging_face(stored) ||
         (has(stored, "visual.trunk.attn_pool.latent") && has(stored, "visual.trunk.patch_embed.proj.bias") &&
          !has(stored, "visual.trunk.norm_pre.weight"));
}

PooledWeights siglip_weights(const Checkpoint& checkpoint, const ClipOverrides& overrides) {
  const TensorMap stored = without_wrapper_prefixes(checkpoint.tensors);
  PooledWeights weights;
  weights.vision.patch_bias = true;
  weights.text.text_pool = TextPool::last;
  weights.text.text_causal = false;
  const bool hugging_face = is_hugging_face(stored);
  weights.format = hugging_face ? "hf_siglip" : "open_clip_siglip";
  if (hugging_face) {
    read_hugging_face(checkpoint, weights);
  } else {
    read_open_clip(checkpoint, stored, overrides, weights);
  }
  apply(overrides, weights);
  const PooledLayout layout{
      .source_of = hugging_face ? hugging_face_source : open_clip_source,
      .more = {{"text_projection_bias", {weights.text.embed_dim}}, {"logit_scale", {}}, {"logit_bias", {}}},
  };
  gather(checkpoint, stored, overrides, layout, weights);
  return weights;
}

}  // namespace vifi
