#include "methods/pe_core/pe_core_weights.h"

#include <algorithm>
#include <string>

#include "base/json_object.h"
#include "weights/layout.h"
#include "weights/timm_layout.h"
#include "weights/weights_error.h"

namespace vifi {
namespace {

constexpr std::int64_t kPoolHeads = 8;  // of every published model, whatever its width

bool has(const TensorMap& tensors, const char* name) { return tensors.count(name) > 0; }

bool has_authors_names(const TensorMap& stored) { return has(stored, "visual.attn_pool.probe"); }

/// The authors' names are the canonical ones.
Source authors_source(const std::string& canonical) {
  return {{canonical}, canonical == "visual.attn_pool.probe" ? Source::How::unwrapped : Source::How::as_is};
}

Source open_clip_source(const std::string& canonical) {
  if (canonical.starts_with("visual.")) {
    return timm_source(canonical);
  }
  return canonical == "logit_scale" ? Source{{canonical}} : Source{{"text." + canonical}};
}

/// No file tells. The largest published model has heads of 96, the others of 64.
std::int64_t published_heads(std::int64_t width) {
  constexpr std::int64_t kLargest = 1536;
  return width == kLargest ? 16 : std::max<std::int64_t>(1, width / 64);
}

void find_heads(const Checkpoint& checkpoint, const ClipOverrides& overrides, PooledWeights& weights) {
  TowerConfig& vision = weights.vision.blocks;
  TowerConfig& text = weights.text.text;
  vision.heads = overrides.vision_heads.value_or(published_heads(vision.width));
  text.heads = std::max<std::int64_t>(1, text.width / 64);
  const bool described = checkpoint.config.is_object() && checkpoint.config.contains("model_cfg");
  if (described) {
    const JsonObject root(checkpoint.config, checkpoint.config_path, [](const std::string& message) {
      throw WeightsError(WeightsErrorKind::corrupt, message);
    });
    text.heads = root.section("model_cfg").section("text_cfg").integer("heads", text.heads);
  }
  text.heads = overrides.text_heads.value_or(text.heads);
  if (!overrides.vision_heads) {
    weights.assumptions.push_back("attention heads of images: " + std::to_string(vision.heads) +
                                  ", as the published model of this width");
  }
  if (!described && !overrides.text_heads) {
    weights.assumptions.push_back("attention heads of texts: " + std::to_string(text.heads));
  }
  weights.vision.pool_heads = kPoolHeads;
}

}  // namespace

bool is_pe_core(const Checkpoint& checkpoint) {
  const TensorMap stored = without_wrapper_prefixes(checkpoint.tensors);
  return has_authors_names(stored) ||
         (has(stored, "visual.trunk.attn_pool.latent") && has(stored, "visual.trunk.norm_pre.weight"));
}

PooledWeights pe_core_weights(const Checkpoint& checkpoint, const ClipOverrides& overrides) {
  const TensorMap stored = without_wrapper_prefixes(checkpoint.tensors);
  const bool authors = has_authors_names(stored);
  const PooledLayout layout{.source_of = authors ? authors_source : open_clip_source, .more = {{"logit_scale", {}}}};
  PooledWeights weights;
  weights.format = authors ? "pe_original" : "open_clip_pe";
  PooledTowerConfig& vision = weights.vision;
  vision.norm_before = vision.rotary = true;
  vision.class_token = has(stored, authors ? "visual.class_embedding" : "visual.trunk.cls_token");
  vision.projection_bias = has(stored, "visual.trunk.head.bias");
  read_sizes(checkpoint, stored, layout.source_of, weights);
  vision.embed_dim = weights.text.embed_dim;
  vision.blocks.activation = weights.text.text.activation = overrides.activation.value_or(Activation::gelu);
  find_heads(checkpoint, overrides, weights);
  const StoredShapes shapes(checkpoint.path, stored);
  const std::int64_t tokens = authors ? shapes.size("visual.positional_embedding", 2, 0)
                                      : shapes.size("visual.trunk.pos_embed", 3, 1);
  find_image_size(checkpoint, overrides, tokens - (vision.class_token ? 1 : 0), vision);
  gather(checkpoint, stored, overrides, layout, weights);
  return weights;
}

}  // namespace vifi
