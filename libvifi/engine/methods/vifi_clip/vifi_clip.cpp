#include "methods/vifi_clip/vifi_clip.h"

#include <cmath>

#include <ATen/TensorOperators.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/mean.h>

#include "clip/cost.h"
#include "clip/tensors.h"
#include "cpu/choose_kernels.h"
#include "vifi/error.h"

namespace vifi {
namespace {

/// CLIP's own preparation; the authors' weights were trained behind another one (OpenCV's resizing, ImageNet's colours).
PreprocessSpec preparation(const ClipWeights& weights) {
  PreprocessSpec spec;
  spec.size = static_cast<int>(weights.config.image_height);
  if (weights.format == "vifi_clip") {
    spec.resize_size = spec.size * 256 / 224;
    spec.interpolation = Interpolation::bilinear;
    spec.antialias = false;
    spec.rounding = Rounding::opencv;
    spec.crop_offset = CropOffset::floor;
    spec.mean = {123.675F / 255, 116.28F / 255, 103.53F / 255};
    spec.std = {58.395F / 255, 57.12F / 255, 57.375F / 255};
  }
  return spec;
}

MethodInfo describe(const ClipWeights& weights, CpuKernels kernels) {
  const ClipConfig& config = weights.config;
  MethodInfo info;
  info.name = "vifi-clip";
  info.format = weights.format;
  info.kernels = kernels;
  info.image_size = config.image_height == config.image_width ? config.image_height : 0;
  info.state_size = info.embed_dim = config.embed_dim;
  info.context_length = config.context_length;
  info.logit_scale = std::exp(float_tensor(weights.tensors, "logit_scale").item<double>());
  info.preprocess = preparation(weights);
  info.templates = {"a photo of a {}."};
  info.macs_per_frame = macs_per_frame(config);
  info.macs_per_prompt = macs_per_prompt(config);
  for (const auto& [name, tensor] : weights.tensors) {
    info.parameters += tensor.numel();
  }
  info.assumptions = weights.assumptions;
  return info;
}

/// Prompts that were trained into the towers change every feature: leaving them out would be silently wrong.
void refuse_trained_prompts(const Checkpoint& checkpoint) {
  for (const auto& [name, tensor] : checkpoint.tensors) {
    if (name.ends_with(".VPT") || name.ends_with(".VPT_shallow") || name.ends_with("prompt_learner.ctx")) {
      throw Error(ErrorCode::unsupported,
                  "[load model] " + checkpoint.path + ": " + name + " is a trained prompt, which vifi-clip does not run yet",
                  "take weights that were fine-tuned without prompting");
    }
  }
}

ClipWeights clip_weights_of(const MethodSource& source) {
  refuse_trained_prompts(source.checkpoint);
  ClipOverrides overrides = source.overrides;
  overrides.base = source.base ? &*source.base : nullptr;
  return clip_weights(source.checkpoint, overrides);
}

}  // namespace

ViFiClip::ViFiClip(ClipWeights weights, TowerOptions options)
    : info_(describe(weights, options.kernels)),
      vision_(weights.config, weights.tensors, options),
      text_(weights.config, weights.tensors, options) {}

at::Tensor ViFiClip::pool(const at::Tensor& states) {
  return l2_normalised(states.mean(1));  // [B, E]: the mean of features that are not normalised (section 3.1)
}

at::Tensor ViFiClip::logits(const at::Tensor& states, const at::Tensor& text) {
  return info_.logit_scale * pool(states).matmul(text.t());  // [B, K]
}

MethodEntry vifi_clip_entry() {
  return {
      .name = "vifi-clip",
      .detect = [](const Checkpoint&) { return true; },  // every CLIP; `clip_weights` says why another file is none
      .create = [](const MethodSource& source, const TowerOptions& options) -> std::unique_ptr<Method> {
        ClipWeights weights = clip_weights_of(source);
        const TowerOptions resolved{options.dtype, resolved_kernels(options.kernels, weights, options.dtype)};
        return std::make_unique<ViFiClip>(std::move(weights), resolved);
      },
  };
}

}  // namespace vifi
