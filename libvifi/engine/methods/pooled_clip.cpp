#include "methods/pooled_clip.h"

#include <cmath>
#include <utility>

#include "clip/cost.h"
#include "clip/tensors.h"
#include "cpu/choose_kernels.h"

namespace vifi {

MethodInfo pooled_clip_info(const PooledWeights& weights) {
  const PooledTowerConfig& vision = weights.vision;
  MethodInfo info;
  info.format = weights.format;
  info.image_size = vision.image_height == vision.image_width ? vision.image_height : 0;
  info.state_size = info.embed_dim = vision.feature_size();
  info.context_length = weights.text.context_length;
  info.logit_scale = std::exp(float_tensor(weights.tensors, "logit_scale").item<double>());
  if (weights.tensors.count("logit_bias") > 0) {
    info.logit_bias = float_tensor(weights.tensors, "logit_bias").item<double>();
  }
  info.macs_per_frame = macs_per_frame(vision);
  info.macs_per_prompt = macs_per_prompt(weights.text);
  for (const auto& [name, tensor] : weights.tensors) {
    info.parameters += tensor.numel();
  }
  info.assumptions = weights.assumptions;
  return info;
}

PooledClip::PooledClip(MethodInfo info, const PooledWeights& weights, const TowerOptions& options)
    : info_(std::move(info)) {
  TowerOptions resolved = options;
  resolved.kernels = resolved_kernels(options.kernels, weights.tensors, weights.vision.blocks, weights.vision.tokens(),
                                      options.dtype);
  info_.kernels = resolved.kernels;
  vision_ = std::make_unique<PooledTower>(weights.vision, weights.tensors, resolved);
  text_ = std::make_unique<TextTower>(weights.text, weights.tensors, resolved);
}

}  // namespace vifi
