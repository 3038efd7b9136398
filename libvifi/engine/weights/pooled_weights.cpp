#include "weights/pooled_weights.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "base/json_object.h"
#include "weights/clip_architecture.h"
#include "weights/finite.h"
#include "weights/weights_error.h"

namespace vifi {
namespace {

constexpr std::int64_t kLargestSide = 8192;  // pixels

void check(const std::string& path, const PooledWeights& weights) {
  const PooledTowerConfig& vision = weights.vision;
  if (vision.patch_rows() <= 0 || vision.patch_columns() <= 0 || vision.image_height > kLargestSide ||
      vision.image_width > kLargestSide) {
    throw WeightsError(WeightsErrorKind::shape_mismatch,
                       path + ": patches of " + std::to_string(vision.patch_size) + " pixels in an image of " +
                           std::to_string(vision.image_width) + "x" + std::to_string(vision.image_height));
  }
  check_heads(path, "vision", vision.blocks);
  check_heads(path, "text", weights.text.text);
  TowerConfig pool = vision.blocks;
  pool.heads = vision.pool_heads;
  check_heads(path, "attention pooling", pool);
  if (vision.rotary && vision.blocks.width / vision.blocks.heads % 4 != 0) {
    throw WeightsError(WeightsErrorKind::shape_mismatch,
                       path + ": rotary positions need heads of a multiple of 4 values, got " +
                           std::to_string(vision.blocks.width / vision.blocks.heads),
                       "the number of heads was taken for granted: `vifi inspect` shows what was assumed");
  }
  if (vision.feature_size() != weights.text.embed_dim) {
    throw WeightsError(WeightsErrorKind::shape_mismatch,
                       path + ": images have " + std::to_string(vision.feature_size()) + " features, texts " +
                           std::to_string(weights.text.embed_dim));
  }
}

bool is_bookkeeping(const std::string& name) {
  return name.ends_with(".position_ids") || name == "attn_mask" || name == "text.attn_mask";
}

/// A tensor of a tower that has no place in it means another model, whose results would be wrong.
void judge_unused(const std::string& path, const TensorMap& stored, const std::set<std::string>& used,
                  std::vector<std::string>& assumptions) {
  static constexpr std::string_view kTowers[] = {"visual.", "transformer.", "text.", "vision_model.", "text_model."};
  std::vector<std::string> unused;
  for (const auto& entry : stored) {
    const std::string& name = entry.first;
    if (used.count(name) > 0 || is_bookkeeping(name)) {
      continue;
    }
    if (std::any_of(std::begin(kTowers), std::end(kTowers),
                    [&](std::string_view prefix) { return name.starts_with(prefix); })) {
      throw WeightsError(WeightsErrorKind::unsupported, name + " in " + path + " has no place in this architecture");
    }
    unused.push_back(name);
  }
  if (!unused.empty()) {
    assumptions.push_back("not used by the model: " + first_and_count(unused));
  }
}

}  // namespace

void read_sizes(const Checkpoint& checkpoint, const TensorMap& stored, const SourceOf& source_of,
                PooledWeights& weights) {
  const StoredShapes shapes(checkpoint.path, stored);
  const auto name = [&](const std::string& canonical) { return source_of(canonical).names.front(); };
  const auto rows = [&](const std::string& canonical) { return shapes.size(name(canonical), 2, 0); };
  PooledTowerConfig& vision = weights.vision;
  vision.blocks.width = shapes.size(name("visual.conv1.weight"), 4, 0);
  vision.patch_size = shapes.size(name("visual.conv1.weight"), 4, 3);
  vision.blocks.layers = shapes.layers(name("visual.transformer.resblocks."));
  vision.blocks.mlp_width = rows("visual.transformer.resblocks.0.mlp.c_fc.weight");
  vision.pool_mlp_width = rows("visual.attn_pool.mlp.c_fc.weight");
  ClipConfig& text = weights.text;
  text.vocab_size = rows("token_embedding.weight");
  text.text.width = shapes.size(name("token_embedding.weight"), 2, 1);
  text.context_length = rows("positional_embedding");
  text.text.layers = shapes.layers(name("transformer.resblocks."));
  text.text.mlp_width = rows("transformer.resblocks.0.mlp.c_fc.weight");
  const Source projection = source_of("text_projection");  // [D, E]
  text.embed_dim = shapes.size(projection.names.front(), 2, projection.how == Source::How::transposed ? 0 : 1);
}

void find_image_size(const Checkpoint& checkpoint, const ClipOverrides& overrides, std::int64_t patches,
                     PooledTowerConfig& vision) {
  if (overrides.image_size) {
    vision.image_height = (*overrides.image_size)[0];
    vision.image_width = (*overrides.image_size)[1];
    return;
  }
  const JsonObject::Refusal refuse = [](const std::string& message) {
    throw WeightsError(WeightsErrorKind::corrupt, message);
  };
  const nlohmann::json nothing = nlohmann::json::object();
  const bool described = checkpoint.config.is_object() && checkpoint.config.contains("model_cfg");
  const JsonObject config(described ? checkpoint.config : nothing, checkpoint.config_path, refuse);
  const JsonObject tower = config.section("model_cfg").section("vision_cfg");
  const nlohmann::json& size = tower.value("image_size");
  if (size.is_array() && size.size() == 2 && size[0].is_number_unsigned() && size[1].is_number_unsigned()) {
    const auto side = [](const nlohmann::json& value) {
      return static_cast<std::int64_t>(std::min<std::uint64_t>(value.get<std::uint64_t>(), kLargestSide + 1));
    };
    vision.image_height = side(size[0]);
    vision.image_width = side(size[1]);
  } else if (!size.is_null()) {
    vision.image_height = vision.image_width = tower.integer("image_size", 0);
  } else {
    vision.image_height = vision.image_width = square_side(checkpoint.path, patches) * vision.patch_size;
  }
}

void gather(const Checkpoint& checkpoint, const TensorMap& stored, const ClipOverrides& overrides,
            const PooledLayout& layout, PooledWeights& weights) {
  check(checkpoint.path, weights);
  std::vector<ExpectedTensor> expected = expected_tensors(weights.vision);
  for (const auto& more : {expected_text_tensors(weights.text), layout.more}) {
    expected.insert(expected.end(), more.begin(), more.end());
  }
  std::set<std::string> used;
  weights.tensors = gather_tensors(checkpoint.path, stored, expected, layout.source_of, used);
  judge_unused(checkpoint.path, stored, used, weights.assumptions);
  const std::vector<std::string> non_finite = non_finite_tensors(checkpoint.tensors);
  if (!non_finite.empty() && !overrides.allow_non_finite) {
    throw WeightsError(WeightsErrorKind::non_finite,
                       first_and_count(non_finite) + " in " + checkpoint.path + " holds NaN or infinite values",
                       "the training that wrote the file diverged, or the file is damaged");
  }
}

}  // namespace vifi
