#include "weights/layout.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "weights/weights_error.h"

namespace vifi {
namespace {

using Renames = std::vector<std::pair<std::string_view, std::string_view>>;

/// Replaces the first prefix of the table that `name` has.
std::string renamed(const std::string& name, const Renames& prefixes) {
  for (const auto& [from, to] : prefixes) {
    if (name.starts_with(from)) {
      return std::string(to) + name.substr(from.size());
    }
  }
  return name;
}

const Renames& hugging_face_prefixes() {
  static const Renames kPrefixes = {
      {"visual.class_embedding", "vision_model.embeddings.class_embedding"},
      {"visual.positional_embedding", "vision_model.embeddings.position_embedding.weight"},
      {"visual.conv1.", "vision_model.embeddings.patch_embedding."},
      {"visual.ln_pre.", "vision_model.pre_layrnorm."},  // misspelt in every published file
      {"visual.ln_post.", "vision_model.post_layernorm."},
      {"visual.proj", "visual_projection.weight"},
      {"visual.transformer.resblocks.", "vision_model.encoder.layers."},
      {"transformer.resblocks.", "text_model.encoder.layers."},
      {"token_embedding.", "text_model.embeddings.token_embedding."},
      {"positional_embedding", "text_model.embeddings.position_embedding.weight"},
      {"ln_final.", "text_model.final_layer_norm."},
      {"text_projection", "text_projection.weight"}};
  return kPrefixes;
}

/// The part of a name inside a block: "attn.out_proj.weight" and so on.
void replace(std::string& name, std::string_view from, std::string_view to) {
  const auto at = name.find(from);
  if (at != std::string::npos) {
    name.replace(at, from.size(), to);
  }
}

Source hugging_face_source(const std::string& canonical) {
  std::string name = renamed(canonical, hugging_face_prefixes());
  if (canonical == "visual.proj" || canonical == "text_projection") {
    return {{name}, Source::How::transposed};
  }
  for (const std::string_view kind : {"weight", "bias"}) {
    const std::string stacked = "attn.in_proj_" + std::string(kind);
    if (name.ends_with(stacked)) {
      const std::string block = name.substr(0, name.size() - stacked.size());
      Source source{{}, Source::How::stacked};
      for (const std::string_view part : {"q", "k", "v"}) {
        source.names.push_back(block + "self_attn." + std::string(part) + "_proj." + std::string(kind));
      }
      return source;
    }
  }
  replace(name, ".attn.out_proj.", ".self_attn.out_proj.");
  replace(name, ".ln_1.", ".layer_norm1.");
  replace(name, ".ln_2.", ".layer_norm2.");
  replace(name, ".mlp.c_fc.", ".mlp.fc1.");
  replace(name, ".mlp.c_proj.", ".mlp.fc2.");
  return {{name}, Source::How::as_is};
}

bool has(const TensorMap& tensors, std::string_view name) { return tensors.count(std::string(name)) > 0; }

bool has_prefix(const TensorMap& tensors, std::string_view prefix) {
  const auto first = tensors.lower_bound(std::string(prefix));
  return first != tensors.end() && first->first.starts_with(prefix);
}

/// Models that are recognised to say what a file is.
std::string_view foreign_model(const TensorMap& tensors) {
  struct Mark {
    std::string_view prefix;
    std::string_view model;
  };
  static constexpr Mark kMarks[] = {
      {"prompts_generator.", "an X-CLIP model"},
      {"mit.", "an X-CLIP model"},
      {"vision_model.head.", "a SigLIP model with Hugging Face's names"},
      {"visual.trunk.", "an open_clip model whose image tower comes from timm"},
      {"visual.attn_pool.probe", "a PE-Core model with Meta's names"},
      {"visual.attnpool.", "a CLIP with a ResNet image tower"},
      {"visual.layer1.", "a CLIP with a ResNet image tower"},
      {"visual.attn_pool.", "a CoCa model"},
      {"text_decoder.", "a CoCa model"},
      {"clipmodel.", "an Efficient-Prompt model"},
      {"frame_position_embeddings.", "the fusion module of an ActionCLIP model, without the model"},
      {"text.transformer.embeddings.", "an open_clip model whose text tower comes from Hugging Face"},
  };
  if (has_prefix(tensors, "visual.trunk.attn_pool.")) {
    return has(tensors, "logit_bias") ? "a SigLIP model with open_clip's names"
                                      : "a PE-Core model with open_clip's names";
  }
  for (const Mark& mark : kMarks) {
    if (has_prefix(tensors, mark.prefix)) {
      return mark.model;
    }
  }
  return {};
}

constexpr std::string_view kHint = "a CLIP with a vision transformer is needed; `vifi inspect` shows what a file is";

}  // namespace

Source source_of(Layout layout, const std::string& canonical) {
  switch (layout) {
    case Layout::openai:
      break;
    case Layout::custom_text:
      if (!canonical.starts_with("visual.") && canonical != "logit_scale") {
        return {{"text." + canonical}, Source::How::as_is};
      }
      break;
    case Layout::hugging_face:
      return hugging_face_source(canonical);
    case Layout::vifi_clip:
      if (canonical.starts_with("visual.")) {
        return {{renamed(canonical, {{"visual.", "image_encoder."}})}, Source::How::as_is};
      }
      if (canonical != "logit_scale" && canonical != "token_embedding.weight") {
        return {{"text_encoder." + canonical}, Source::How::as_is};
      }
      break;
  }
  return {{canonical}, Source::How::as_is};
}

std::string prompt_name(Layout layout, const std::string& stored) {
  if (layout != Layout::vifi_clip) {
    return {};
  }
  if (stored == "prompt_learner.ctx") {
    return stored;
  }
  const bool deeper = stored.ends_with(".VPT_shallow") && (stored.starts_with("image_encoder.transformer.resblocks.") ||
                                                           stored.starts_with("text_encoder.transformer.resblocks."));
  return deeper || stored == "image_encoder.VPT" ? renamed(stored, {{"image_encoder.", "visual."}, {"text_encoder.", ""}}) : std::string();
}

TensorMap without_wrapper_prefixes(const TensorMap& tensors) {
  TensorMap stripped = tensors;
  for (bool again = true; again && !stripped.empty();) {
    again = false;
    for (const std::string_view prefix : {"module.", "_orig_mod.", "model."}) {
      if (!std::all_of(stripped.begin(), stripped.end(),
                       [&](const auto& item) { return item.first.starts_with(prefix); })) {
        continue;
      }
      TensorMap shorter;
      for (const auto& [name, tensor] : stripped) {
        shorter.emplace(name.substr(prefix.size()), tensor);
      }
      stripped = std::move(shorter);
      again = true;
    }
  }
  return stripped;
}

Layout detect_layout(const Checkpoint& checkpoint, const TensorMap& tensors) {
  if (const std::string_view model = foreign_model(tensors); !model.empty()) {
    throw WeightsError(WeightsErrorKind::unsupported, checkpoint.path + " holds " + std::string(model),
                       std::string(kHint));
  }
  if (has_prefix(tensors, "image_encoder.") && has_prefix(tensors, "text_encoder.")) {
    return Layout::vifi_clip;
  }
  if (has_prefix(tensors, "vision_model.") && has_prefix(tensors, "text_model.")) {
    if (checkpoint.config.is_null()) {
      throw WeightsError(WeightsErrorKind::unsupported,
                         checkpoint.path + " has Hugging Face's tensor names but no config.json beside it",
                         "give the whole folder: the number of heads stands in config.json");
    }
    return Layout::hugging_face;
  }
  if (has_prefix(tensors, "visual.") && has_prefix(tensors, "text.")) {
    return Layout::custom_text;
  }
  if (has_prefix(tensors, "visual.") && (has_prefix(tensors, "transformer.") || has(tensors, "text_projection"))) {
    return Layout::openai;
  }
  const std::string example = tensors.empty() ? "no tensors" : "tensors like " + tensors.begin()->first;
  throw WeightsError(WeightsErrorKind::unsupported, checkpoint.path + " holds no model this build knows (" + example + ")",
                     std::string(kHint));
}

}  // namespace vifi
