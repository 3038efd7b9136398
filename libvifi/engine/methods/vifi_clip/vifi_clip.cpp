#include "methods/vifi_clip/vifi_clip.h"

#include <cmath>
#include <optional>
#include <string_view>
#include <utility>

#include <ATen/ops/equal.h>

#include "clip/cost.h"
#include "clip/prompts.h"
#include "clip/tensors.h"
#include "cpu/choose_kernels.h"
#include "methods/vifi_clip/prompt_text.h"
#include "video/reference_preprocess.h"
#include "weights/weights_error.h"

namespace vifi {
namespace {

constexpr std::string_view kAuthorsFormat = "vifi_clip";
constexpr std::string_view kContextWords = "a photo of a";

/// What the file says; else CLIP's own preparation, and for the authors' weights the one that they were trained behind.
PreprocessSpec preparation(const ClipWeights& weights) {
  if (weights.preprocess) {
    return *weights.preprocess;
  }
  const int size = static_cast<int>(weights.config.image_height);
  return weights.format == kAuthorsFormat ? reference_preprocess(size) : PreprocessSpec{.size = size};
}

LearnedPrompts learned_prompts(const ClipWeights& weights) {
  const TowerPrompts vision = vision_prompts(weights.prompts, weights.config.vision.layers);
  const TowerPrompts text = text_prompts(weights.prompts, weights.config.text.layers);
  return {.vision_tokens = static_cast<int>(vision.count()),
          .vision_depth = static_cast<int>(vision.depth()),
          .text_tokens = static_cast<int>(text.count()),
          .text_depth = static_cast<int>(text.depth())};
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
  info.learned = learned_prompts(weights);
  info.prompts = info.learned.text_tokens > 0
                     ? vifi_clip_prompts(PromptMode::learned, kContextWords, info.learned.text_tokens)
                     : vifi_clip_prompts(PromptMode::fine_tuned);
  info.macs_per_frame = macs_per_frame(config, info.learned.vision_tokens);
  info.macs_per_prompt = macs_per_prompt(config);
  for (const TensorMap* tensors : {&weights.tensors, &weights.prompts}) {
    for (const auto& [name, tensor] : *tensors) {
      info.parameters += tensor.numel();
    }
  }
  info.assumptions = weights.assumptions;
  if (info.learned.text_tokens > 0 && kContextWords.starts_with(info.prompts.context)) {
    info.assumptions.push_back("the text's learned context began as \"" + std::string(kContextWords) + "\"");
  }
  return info;
}

bool equal_towers(const ClipWeights& weights, const TensorMap& base, std::string_view tower) {
  const bool visual = tower == "image";
  for (const auto& [name, tensor] : weights.tensors) {
    if (name == "logit_scale" || name == "token_embedding.weight" || name.starts_with("visual.") != visual) {
      continue;
    }
    const auto found = base.find(name);
    if (found == base.end() || !at::equal(to_float32(found->second), to_float32(tensor))) {
      return false;
    }
  }
  return true;
}

/// Which encoders differ from the weights that the training began with; nothing where the base is none of a kind.
std::optional<std::string> trained_encoders(const ClipWeights& weights, const std::optional<Checkpoint>& base) {
  if (!base) {
    return std::nullopt;
  }
  try {
    const TensorMap started = clip_weights(*base).tensors;
    std::string trained;
    for (const std::string_view tower : {"image", "text"}) {
      if (!equal_towers(weights, started, tower)) {
        trained += (trained.empty() ? "" : " and ") + std::string(tower);
      }
    }
    return trained.empty() ? "neither encoder" : trained + (trained.find(' ') == std::string::npos ? " encoder" : " encoders");
  } catch (const WeightsError&) {
    return std::nullopt;  // a token embedding alone, or another size of CLIP
  }
}

std::string tokens_and_depth(int tokens, int depth) {
  return std::to_string(tokens) + (tokens == 1 ? " token" : " tokens") + ", depth " + std::to_string(depth);
}

std::vector<std::string> findings(const ClipWeights& weights, const MethodSource& source) {
  std::vector<std::string> found;
  if (weights.format != kAuthorsFormat) {
    return found;
  }
  const auto trained = source.look_closely ? trained_encoders(weights, source.base) : std::nullopt;
  found.push_back("a ViFi-CLIP of its authors' training program" +
                  (trained ? "; trained: " + *trained : std::string()));
  const LearnedPrompts learned = learned_prompts(weights);
  if (learned.vision_tokens > 0) {
    found.push_back("vision prompts: " + tokens_and_depth(learned.vision_tokens, learned.vision_depth));
  }
  if (learned.text_tokens > 0) {
    found.push_back("text prompts: " + tokens_and_depth(learned.text_tokens, learned.text_depth));
  }
  return found;
}

/// What the authors' program rounds even where it computes in float32.
Fp16Casts usual_casts(const ClipWeights& weights) {
  const bool authors = weights.format == kAuthorsFormat;
  return {.token_embedding = authors, .prompts = authors};
}

}  // namespace

ViFiClip::ViFiClip(const ClipWeights& weights, const TowerOptions& options, std::vector<std::string> findings)
    : info_(describe(weights, options.kernels)),
      vision_(weights.config, weights.tensors, options, weights.prompts),
      text_(weights.config, weights.tensors, options, weights.prompts) {
  info_.findings = std::move(findings);
}

MethodEntry vifi_clip_entry() {
  return {
      .name = "vifi-clip",
      .detect = [](const Checkpoint&) { return true; },  // every CLIP; `clip_weights` says why another file is none
      .create = [](const MethodSource& source, const TowerOptions& options) -> std::unique_ptr<Method> {
        ClipOverrides overrides = source.overrides;
        overrides.base = source.base ? &*source.base : nullptr;
        const ClipWeights weights = clip_weights(source.checkpoint, overrides);
        TowerOptions resolved = options;
        resolved.kernels = resolved_kernels(options.kernels, weights, options.dtype);
        resolved.casts = source.casts.value_or(usual_casts(weights));
        return std::make_unique<ViFiClip>(weights, resolved, findings(weights, source));
      },
  };
}

}  // namespace vifi
