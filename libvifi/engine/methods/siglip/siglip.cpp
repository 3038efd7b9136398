#include "methods/siglip/siglip.h"

#include "methods/open_clip_preparation.h"
#include "methods/pooled_clip.h"
#include "methods/siglip/siglip_weights.h"

namespace vifi {
namespace {

std::unique_ptr<Method> create(const MethodSource& source, const TowerOptions& options) {
  const PooledWeights weights = siglip_weights(source.checkpoint, source.overrides);
  MethodInfo info = pooled_clip_info(weights);
  info.name = "siglip";
  info.preprocess = source.overrides.preprocess.value_or(open_clip_preparation(
      source.checkpoint, squashed(static_cast<int>(weights.vision.image_height), Interpolation::bicubic)));
  info.prompts.templates = {"a photo of a {}."};
  info.tokenizer = TokenizerKind::sentencepiece;
  info.reads_padding = true;
  return std::make_unique<PooledClip>(std::move(info), weights, options);
}

}  // namespace

MethodEntry siglip_entry() { return {.name = "siglip", .detect = is_siglip, .create = create}; }

}  // namespace vifi
