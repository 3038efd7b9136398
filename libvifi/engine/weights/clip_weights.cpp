#include "weights/clip_weights.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "weights/clip_architecture.h"
#include "weights/finite.h"
#include "weights/gather.h"
#include "weights/layout.h"
#include "weights/weights_error.h"

namespace vifi {
namespace {

constexpr std::string_view kTokenEmbedding = "token_embedding.weight";

std::string format_of(Layout layout, const Checkpoint& checkpoint) {
  switch (layout) {
    case Layout::hugging_face:
      return "hf_clip";
    case Layout::custom_text:
      return "open_clip_custom_text";
    case Layout::vifi_clip:
      return "vifi_clip";
    case Layout::openai:
      break;
  }
  if (checkpoint.container == "torchscript") {
    return "openai_torchscript";
  }
  const bool open_clip = checkpoint.entry == "state_dict" || checkpoint.config.is_object();
  return open_clip ? "open_clip" : "openai_state_dict";
}

/// The authors' files leave out the token embedding, which their training never changes.
void add_token_embedding(const Checkpoint& checkpoint, const Checkpoint* base, TensorMap& tensors) {
  if (tensors.contains(std::string(kTokenEmbedding))) {
    return;  // one that was written here
  }
  if (base == nullptr) {
    throw WeightsError(WeightsErrorKind::missing_tensor,
                       checkpoint.path + " is a ViFi-CLIP checkpoint of the authors, which lacks the token embedding (" +
                           std::string(kTokenEmbedding) + ")",
                       "make a bundle with the CLIP it was trained from: vifi convert --base CLIP.pt " +
                           checkpoint.path + " BUNDLE");
  }
  const TensorMap base_tensors = without_wrapper_prefixes(base->tensors);
  for (const Layout layout : {Layout::openai, Layout::custom_text, Layout::hugging_face}) {
    const auto it = base_tensors.find(source_of(layout, std::string(kTokenEmbedding)).names.front());
    if (it != base_tensors.end()) {
      tensors.insert_or_assign(std::string(kTokenEmbedding), it->second);
      return;
    }
  }
  throw WeightsError(WeightsErrorKind::missing_tensor, std::string(kTokenEmbedding) + " is not in " + base->path,
                     "the base must be the CLIP that " + checkpoint.path + " was trained from");
}

class Gatherer {
 public:
  Gatherer(const Checkpoint& checkpoint, const TensorMap& stored, Layout layout)
      : path_(checkpoint.path), stored_(stored), layout_(layout) {}

  TensorMap gather(const ClipConfig& config) {
    return gather_tensors(path_, stored_, expected_tensors(config),
                          [this](const std::string& name) { return source_of(layout_, name); }, used_);
  }

  /// Learned prompts: rows as wide as their tower.
  TensorMap gather_prompts(const ClipConfig& config) {
    TensorMap prompts;
    for (const auto& [stored_name, tensor] : stored_) {
      const std::string name = prompt_name(layout_, stored_name);
      if (name.empty()) {
        continue;
      }
      used_.insert(stored_name);
      const std::int64_t width = name.starts_with("visual.") ? config.vision.width : config.text.width;
      if (tensor.dim() != 2 || tensor.size(0) == 0 || tensor.size(1) != width || !tensor.is_floating_point()) {
        throw WeightsError(WeightsErrorKind::shape_mismatch, stored_name + " in " + path_ + ": expected [n, " +
                                                                 std::to_string(width) + "], got " +
                                                                 shape_text(tensor.sizes()));
      }
      prompts.emplace(name, tensor);
    }
    return prompts;
  }

  /// Stored tensors that no part of the model uses.
  std::vector<std::string> unused() const {
    std::vector<std::string> names;
    for (const auto& [name, tensor] : stored_) {
      if (used_.count(name) == 0 && !is_bookkeeping(name)) {
        names.push_back(name);
      }
    }
    return names;
  }

 private:
  static bool is_bookkeeping(const std::string& name) {
    static const std::set<std::string_view> kNames = {"input_resolution", "context_length", "vocab_size", "attn_mask",
                                                      "text.attn_mask"};
    return kNames.count(name) > 0 || name.ends_with(".position_ids") || is_class_list(name);
  }

  /// Of the labels that a ViFi-CLIP was trained with; computed anew for the labels at hand.
  static bool is_class_list(const std::string& name) {
    return name == "prompt_learner.complete_text_embeddings" || name == "prompt_learner.token_prefix" ||
           name == "prompt_learner.token_suffix";
  }

  const std::string& path_;
  const TensorMap& stored_;
  Layout layout_;
  std::set<std::string> used_;
};

/// A tensor of a tower that has no place in it means another model, whose results would be wrong.
void judge_unused(const std::string& path, Layout layout, const std::vector<std::string>& names,
                  std::vector<std::string>& assumptions) {
  static constexpr std::string_view kTowers[] = {"visual.",        "transformer.",  "text.",        "vision_model.",
                                                 "text_model.",    "image_encoder.", "text_encoder."};
  for (const std::string& name : names) {
    if (std::any_of(std::begin(kTowers), std::end(kTowers),
                    [&](std::string_view prefix) { return name.starts_with(prefix); })) {
      const bool block_too_many = layout == Layout::hugging_face && name.find(".layers.") != std::string::npos;
      throw WeightsError(block_too_many ? WeightsErrorKind::shape_mismatch : WeightsErrorKind::unsupported,
                         name + " in " + path + " has no place in a CLIP of this configuration");
    }
  }
  if (!names.empty()) {
    assumptions.push_back("not used by the model: " + first_and_count(names));
  }
}

/// Deeper prompts replace what stands where the first ones stood: as many, and not without them.
void check_prompts(const std::string& path, const ClipWeights& weights) {
  constexpr std::int64_t kStartAndEnd = 2;
  static constexpr std::pair<const char*, std::string_view> kTowers[] = {{"visual.VPT", "visual.transformer."},
                                                                         {"prompt_learner.ctx", "transformer."}};
  for (const auto& [entry, blocks] : kTowers) {
    const auto first = weights.prompts.find(entry);
    const bool any = first != weights.prompts.end();
    for (const auto& [name, tensor] : weights.prompts) {
      if (!name.starts_with(blocks)) {
        continue;
      }
      if (!any) {
        throw WeightsError(WeightsErrorKind::missing_tensor,
                           path + " has the learned prompts " + name + " without " + entry);
      }
      if (tensor.sizes() != first->second.sizes()) {
        throw WeightsError(WeightsErrorKind::shape_mismatch, name + " in " + path + ": expected " +
                                                                 shape_text(first->second.sizes()) + " like " + entry +
                                                                 ", got " + shape_text(tensor.sizes()));
      }
    }
    if (any && blocks == "transformer." &&
        first->second.size(0) > weights.config.context_length - kStartAndEnd) {
      throw WeightsError(WeightsErrorKind::shape_mismatch,
                         std::string(entry) + " in " + path + ": " + std::to_string(first->second.size(0)) +
                             " vectors leave no place for a name in a context of " +
                             std::to_string(weights.config.context_length));
    }
  }
}

}  // namespace

ClipWeights clip_weights(const Checkpoint& checkpoint, const ClipOverrides& overrides) {
  TensorMap stored = without_wrapper_prefixes(checkpoint.tensors);
  const Layout layout = detect_layout(checkpoint, stored);
  if (layout == Layout::vifi_clip) {
    add_token_embedding(checkpoint, overrides.base, stored);
  }
  ClipWeights weights;
  weights.format = format_of(layout, checkpoint);
  weights.config = find_architecture(checkpoint, stored, layout, overrides, weights.assumptions);
  Gatherer gatherer(checkpoint, stored, layout);
  weights.tensors = gatherer.gather(weights.config);
  weights.prompts = gatherer.gather_prompts(weights.config);
  check_prompts(checkpoint.path, weights);
  judge_unused(checkpoint.path, layout, gatherer.unused(), weights.assumptions);
  weights.preprocess = overrides.preprocess ? overrides.preprocess : checkpoint.preprocess;

  weights.non_finite = non_finite_tensors(checkpoint.tensors);
  if (!weights.non_finite.empty() && !overrides.allow_non_finite) {
    throw WeightsError(WeightsErrorKind::non_finite,
                       first_and_count(weights.non_finite) + " in " + checkpoint.path + " holds NaN or infinite values",
                       "the training that wrote the file diverged, or the file is damaged");
  }
  return weights;
}

at::Tensor to_float32(const at::Tensor& tensor) { return tensor.to(at::kFloat).contiguous(); }

}  // namespace vifi
