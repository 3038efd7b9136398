#include "methods/pe_core/pe_core.h"

#include "methods/open_clip_preparation.h"
#include "methods/pe_core/pe_core_weights.h"
#include "methods/pooled_clip.h"

namespace vifi {
namespace {

std::unique_ptr<Method> create(const MethodSource& source, const TowerOptions& options) {
  const PooledWeights weights = pe_core_weights(source.checkpoint, source.overrides);
  MethodInfo info = pooled_clip_info(weights);
  info.name = "pe-core";
  info.preprocess = source.overrides.preprocess.value_or(open_clip_preparation(
      source.checkpoint, squashed(static_cast<int>(weights.vision.image_height), Interpolation::bilinear)));
  info.prompts.templates = {"a photo of a {}."};
  return std::make_unique<PooledClip>(std::move(info), weights, options);
}

}  // namespace

MethodEntry pe_core_entry() { return {.name = "pe-core", .detect = is_pe_core, .create = create}; }

}  // namespace vifi
