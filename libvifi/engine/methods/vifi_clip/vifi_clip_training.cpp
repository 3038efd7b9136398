#include "methods/vifi_clip/vifi_clip_training.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/empty.h>

#include "clip/recompute.h"
#include "clip/shared_weights.h"
#include "clip/tensors.h"
#include "cpu/choose_kernels.h"
#include "methods/vifi_clip/parameters.h"
#include "methods/vifi_clip/prompt_text.h"
#include "methods/vifi_clip/vifi_clip.h"
#include "video/reference_preprocess.h"
#include "vifi/error.h"
#include "vifi/tokenizer.h"
#include "weights/clip_architecture.h"
#include "weights/weights_error.h"

namespace vifi {
namespace {

using nlohmann::json;

constexpr double kPromptDeviation = 0.02;
constexpr std::int64_t kLongestWordsContext = 4;  // a longer context starts at random
constexpr std::string_view kContext = "prompt_learner.ctx";
constexpr std::string_view kWrapper = "module.";

/// The method's section of the configuration.
struct Settings {
  bool prompts = false;
  bool zero_shot = false;  // the bare names
  std::string use = "both";
  std::string context_words;
  std::int64_t context_text = 0, context_vision = 0, depth_text = 0, depth_vision = 0;

  explicit Settings(const json& config) {
    const json& section = config.at("TRAINER").at("ViFi_CLIP");
    prompts = section.at("PROMPT_MODEL").get<bool>();
    zero_shot = section.at("ZS_EVAL").get<bool>();
    use = section.at("USE").get<std::string>();
    context_words = section.at("CTX_INIT").is_null() ? "" : section.at("CTX_INIT").get<std::string>();
    std::replace(context_words.begin(), context_words.end(), '_', ' ');
    context_text = section.at("N_CTX_TEXT").get<std::int64_t>();
    context_vision = section.at("N_CTX_VISION").get<std::int64_t>();
    depth_text = section.at("PROMPT_DEPTH_TEXT").get<std::int64_t>();
    depth_vision = section.at("PROMPT_DEPTH_VISION").get<std::int64_t>();
  }

  /// In the reference every other word trains the text encoder; a misspelt one would do so silently.
  void check(const ClipConfig& model) const {
    if (use != "both" && use != "image" && use != "text") {
      refuse("USE", "both, image or text", use);
    }
    if (!prompts) {
      return;
    }
    const auto bounded = [](const char* key, std::int64_t value, std::int64_t least, std::int64_t most) {
      if (value < least || value > most) {
        refuse(key, std::to_string(least) + " to " + std::to_string(most), std::to_string(value));
      }
    };
    bounded("N_CTX_TEXT", context_text, 1, model.context_length - 3);
    bounded("N_CTX_VISION", context_vision, depth_vision > 0 ? 1 : 0, 4096);
    bounded("PROMPT_DEPTH_TEXT", depth_text, 0, model.text.layers);
    bounded("PROMPT_DEPTH_VISION", depth_vision, 0, model.vision.layers);
  }

  PromptRule sentences() const {
    const PromptMode mode = zero_shot ? PromptMode::zero_shot : prompts ? PromptMode::learned : PromptMode::fine_tuned;
    return vifi_clip_prompts(mode, context_words, context_text);
  }

  [[noreturn]] static void refuse(const std::string& key, const std::string& expected, const std::string& got) {
    throw Error(ErrorCode::invalid_argument,
                "[train] TRAINER.ViFi_CLIP." + key + ": expected " + expected + ", got " + got);
  }
};

TrainingRecipe recipe_of(const json& config, const Settings& settings, const MethodInfo& info) {
  const json &train = config.at("TRAIN"), &augmentation = config.at("AUG");
  TrainingRecipe recipe;
  recipe.weight_decay = train.at("WEIGHT_DECAY").get<double>();
  recipe.lr = train.at("LR").get<double>();
  recipe.epochs = train.at("EPOCHS").get<std::int64_t>();
  recipe.warmup_epochs = train.at("WARMUP_EPOCHS").get<std::int64_t>();
  recipe.schedule = train.at("LR_SCHEDULER").get<std::string>();
  const double mixup = augmentation.at("MIXUP").get<double>();
  recipe.targets = {.mixup_alpha = mixup,
                    .cutmix_alpha = mixup > 0 ? augmentation.at("CUTMIX").get<double>() : 0.0,
                    .cutmix_share = augmentation.at("MIXUP_SWITCH_PROB").get<double>(),
                    .smoothing = augmentation.at("LABEL_SMOOTH").get<double>()};
  recipe.augmentation.color_jitter = augmentation.at("COLOR_JITTER").get<double>();
  recipe.augmentation.gray = augmentation.at("GRAY_SCALE").get<double>();
  recipe.augmentation.flip = augmentation.value("FLIP", recipe.augmentation.flip);
  recipe.augmentation.random_crop = augmentation.value("RANDOM_CROP", recipe.augmentation.random_crop);
  recipe.preprocess = config.at("DATA").value("MODEL_PREPROCESS", false)
                          ? info.preprocess
                          : reference_preprocess(info.preprocess.size);
  recipe.prompts = settings.sentences();
  recipe.context_length = info.context_length;
  recipe.text_trained = settings.prompts || settings.use != "image";
  return recipe;
}

at::Tensor random_prompt(std::int64_t count, std::int64_t width, at::Generator& generator) {
  at::Tensor prompt = at::empty({count, width}, at::TensorOptions().dtype(at::kFloat));
  return prompt.normal_(0, kPromptDeviation, generator);
}

/// The embedding of the first words of the context.
at::Tensor words_context(const ClipWeights& weights, const Settings& settings) {
  const TokenBatch batch = clip_tokenizer()->encode({settings.context_words},
                                                    static_cast<int>(weights.config.context_length), false);
  if (batch.used.front() - 2 < settings.context_text) {
    Settings::refuse("CTX_INIT", std::to_string(settings.context_text) + " words, as N_CTX_TEXT says",
                     "\"" + settings.context_words + "\"");
  }
  at::Tensor ids = at::empty({settings.context_text}, at::TensorOptions().dtype(at::kLong));
  std::copy_n(batch.ids.begin() + 1, settings.context_text, ids.mutable_data_ptr<std::int64_t>());
  return at::embedding(float_tensor(weights.tensors, "token_embedding.weight"), ids);
}

/// Prompts as a training begins with them: a few words, or draws around 0.
TensorMap initial_prompts(const ClipWeights& weights, const Settings& settings, std::uint64_t seed) {
  at::Generator generator = at::detail::createCPUGenerator(seed);
  const std::int64_t text_width = weights.config.text.width, vision_width = weights.config.vision.width;
  TensorMap prompts;
  const bool from_words = settings.context_text <= kLongestWordsContext && !settings.context_words.empty();
  prompts.emplace(kContext, from_words ? words_context(weights, settings)
                                       : random_prompt(settings.context_text, text_width, generator));
  if (settings.depth_vision > 0) {
    prompts.emplace("visual.VPT", random_prompt(settings.context_vision, vision_width, generator));
  }
  for (std::int64_t layer = 1; layer < settings.depth_vision; ++layer) {
    prompts.emplace("visual.transformer.resblocks." + std::to_string(layer) + ".VPT_shallow",
                    random_prompt(settings.context_vision, vision_width, generator));
  }
  for (std::int64_t layer = 1; layer < settings.depth_text; ++layer) {
    prompts.emplace("transformer.resblocks." + std::to_string(layer) + ".VPT_shallow",
                    random_prompt(settings.context_text, text_width, generator));
  }
  return prompts;
}

/// The trained parameters: all of a fine-tuning in both towers, one tower, or the prompts alone.
bool is_trained(const std::string& name, const Settings& settings) {
  if (settings.prompts) {
    return name.find("prompt_learner") != std::string::npos || name.find("VPT") != std::string::npos;
  }
  return settings.use == "both" || name.starts_with(settings.use == "image" ? "image_encoder." : "text_encoder.");
}

ClipWeights start_of(const MethodSource& source) {
  ClipOverrides overrides = source.overrides;
  overrides.base = source.base ? &*source.base : nullptr;
  return clip_weights(source.checkpoint, overrides);
}

}  // namespace

ViFiClipTraining::ViFiClipTraining(ClipWeights weights, const json& config, std::uint64_t seed)
    : weights_(std::move(weights)), recompute_(config.at("TRAIN").at("USE_CHECKPOINT").get<bool>()) {
  const Settings settings(config);
  settings.check(weights_.config);
  if (settings.prompts && weights_.prompts.empty()) {
    weights_.prompts = initial_prompts(weights_, settings, seed);
  } else if (!settings.prompts && !weights_.prompts.empty()) {
    Settings::refuse("PROMPT_MODEL", "True for weights with learned prompts", "False");
  }
  for (const std::string& canonical : vifi_clip_parameter_order(weights_)) {
    Parameter parameter{.name = vifi_clip_name(canonical)};
    at::Tensor& place = tensor(canonical);
    place = parameter.value = owned(place, at::kFloat).set_requires_grad(is_trained(parameter.name, settings));
    parameters_.push_back(std::move(parameter));
  }
  recipe_ = recipe_of(config, settings, over_parameters().info());
}

at::Tensor& ViFiClipTraining::tensor(const std::string& canonical) {
  const auto prompt = weights_.prompts.find(canonical);
  return prompt != weights_.prompts.end() ? prompt->second : weights_.tensors.at(canonical);
}

ViFiClip ViFiClipTraining::over_parameters() const {
  const BuildOn build_on(device());
  const SharedWeights sharing;
  const RecomputedBlocks recomputing(recompute_);
  return ViFiClip(weights_, {.dtype = at::kFloat, .kernels = CpuKernels::plain}, {});
}

at::Tensor ViFiClipTraining::text_features(const at::Tensor& ids) {
  return l2_normalised(over_parameters().encode_text(ids).to(at::kFloat));
}

at::Tensor ViFiClipTraining::logits(const at::Tensor& clips, const at::Tensor& text) {
  ViFiClip model = over_parameters();
  const at::Tensor frames = model.encode_frames(clips.flatten(0, 1)).to(at::kFloat);  // [B * T, E]
  const at::Tensor videos = model.pool(frames.view({clips.size(0), clips.size(1), -1}));
  return weights_.tensors.at("logit_scale").exp() * videos.matmul(text.t()).to(at::kFloat);
}

std::unique_ptr<Method> ViFiClipTraining::snapshot(const TowerOptions& options) const {
  const at::NoGradGuard no_graph;
  ClipWeights copy = weights_;
  for (auto* tensors : {&copy.tensors, &copy.prompts}) {
    for (auto& [name, value] : *tensors) {
      value = value.detach();
    }
  }
  const BuildOn build_on(device());
  TowerOptions resolved = options;
  resolved.kernels = resolved_kernels(options.kernels, copy, options.dtype);
  return std::make_unique<ViFiClip>(copy, resolved, std::vector<std::string>());
}

TorchDict ViFiClipTraining::model_state(const at::Tensor& ids) const {
  const at::NoGradGuard no_graph;
  const at::Tensor embedded = at::embedding(weights_.tensors.at("token_embedding.weight"), ids.to(device())).to(at::kFloat);
  const auto context = weights_.prompts.find(std::string(kContext));
  TorchDict state{.items = {}, .ordered = true};
  const auto add = [&](const std::string& name, const at::Tensor& value) {
    state.add(std::string(kWrapper) + name, value.detach());
  };
  for (const Parameter& parameter : parameters_) {
    add(parameter.name, parameter.value);
    if (parameter.name == kContext) {
      const std::int64_t behind = 1 + context->second.size(0);
      add("prompt_learner.token_prefix", embedded.narrow(1, 0, 1));
      add("prompt_learner.token_suffix", embedded.narrow(1, behind, embedded.size(1) - behind));
    } else if (parameter.name == "logit_scale" && context == weights_.prompts.end()) {
      add("prompt_learner.complete_text_embeddings", embedded);
    }
  }
  return state;
}

std::vector<std::string> ViFiClipTraining::load_model_state(const TorchDict& model) {
  const at::NoGradGuard no_graph;
  std::vector<std::string> missing;
  for (const Parameter& parameter : parameters_) {
    const TorchValue* stored = model.find(std::string(kWrapper) + parameter.name);
    if (stored == nullptr) {
      stored = model.find(parameter.name);
    }
    const at::Tensor* value = stored == nullptr ? nullptr : stored->as<at::Tensor>();
    if (value == nullptr) {
      missing.push_back(parameter.name);
      continue;
    }
    if (value->sizes() != parameter.value.sizes()) {
      throw WeightsError(WeightsErrorKind::shape_mismatch, parameter.name + ": expected " +
                                                               shape_text(parameter.value.sizes()) + ", got " +
                                                               shape_text(value->sizes()),
                         "the checkpoint is of another architecture or of other prompts");
    }
    at::Tensor(parameter.value).copy_(*value);
  }
  return missing;
}

std::unique_ptr<Trainable> train_vifi_clip(const MethodSource& source, const json& config, std::uint64_t seed) {
  return std::make_unique<ViFiClipTraining>(start_of(source), config, seed);
}

}  // namespace vifi
