#include "weights/clip_export.h"

#include <cmath>
#include <utility>

#include <ATen/TensorOperators.h>

#include "vifi/error.h"
#include "weights/clip_architecture.h"
#include "weights/gather.h"

namespace vifi {
namespace {

[[noreturn]] void refuse(const std::string& what, std::string hint = {}) {
  throw Error(ErrorCode::unsupported, "[convert] " + what, std::move(hint));
}

/// The stored tensors that make up a canonical one: the inverse of reading it.
void split(const Source& source, const at::Tensor& tensor, NamedTensors& out) {
  switch (source.how) {
    case Source::How::as_is:
    case Source::How::unwrapped:  // of other models' layouts
      out.emplace_back(source.names.front(), tensor);
      return;
    case Source::How::transposed:
      out.emplace_back(source.names.front(), tensor.t());
      return;
    case Source::How::stacked:
      break;
  }
  const auto parts = static_cast<std::int64_t>(source.names.size());
  const std::int64_t rows = tensor.size(0) / parts;
  for (std::int64_t i = 0; i < parts; ++i) {
    out.emplace_back(source.names[static_cast<std::size_t>(i)], tensor.narrow(0, i * rows, rows));
  }
}

class ParameterList {
 public:
  explicit ParameterList(const ClipWeights& weights) : weights_(weights) {}

  std::vector<std::string> list() {
    names_ = {"logit_scale"};
    add_prompt("prompt_learner.ctx");
    add_prompt("visual.VPT");
    add({"visual.class_embedding", "visual.positional_embedding", "visual.proj", "visual.conv1.weight"});
    add_both("visual.ln_pre");
    add_blocks("visual.transformer.resblocks.", weights_.config.vision.layers);
    add_both("visual.ln_post");
    add({"positional_embedding", "text_projection"});
    add_blocks("transformer.resblocks.", weights_.config.text.layers);
    add_both("ln_final");
    return std::move(names_);
  }

 private:
  void add(std::initializer_list<const char*> names) { names_.insert(names_.end(), names.begin(), names.end()); }
  void add_both(const std::string& name) {
    names_.push_back(name + ".weight");
    names_.push_back(name + ".bias");
  }
  void add_prompt(const std::string& name) {
    if (weights_.prompts.contains(name)) {
      names_.push_back(name);
    }
  }
  void add_blocks(const std::string& prefix, std::int64_t layers) {
    for (std::int64_t layer = 0; layer < layers; ++layer) {
      const std::string block = prefix + std::to_string(layer) + ".";
      add_prompt(block + "VPT_shallow");
      names_.push_back(block + "attn.in_proj_weight");
      names_.push_back(block + "attn.in_proj_bias");
      for (const char* part : {"attn.out_proj", "ln_1", "mlp.c_fc", "mlp.c_proj", "ln_2"}) {
        add_both(block + part);
      }
    }
  }

  const ClipWeights& weights_;
  std::vector<std::string> names_;
};

const char* hugging_face_name(Activation activation) {
  switch (activation) {
    case Activation::quick_gelu: return "quick_gelu";
    case Activation::gelu: return "gelu";
    case Activation::gelu_tanh: return "gelu_pytorch_tanh";
  }
  return "";
}

nlohmann::ordered_json hugging_face_tower(const TowerConfig& tower, const char* type, const ClipConfig& config) {
  return {{"model_type", type},
          {"hidden_size", tower.width},
          {"intermediate_size", tower.mlp_width},
          {"num_hidden_layers", tower.layers},
          {"num_attention_heads", tower.heads},
          {"hidden_act", hugging_face_name(tower.activation)},
          {"layer_norm_eps", tower.layer_norm_eps},
          {"projection_dim", config.embed_dim}};
}

/// open_clip multiplies and cuts the fraction off.
double mlp_ratio(const TowerConfig& tower) {
  const auto width = static_cast<double>(tower.width);
  const double ratio = static_cast<double>(tower.mlp_width) / width;
  const bool short_of_it = static_cast<std::int64_t>(width * ratio) < tower.mlp_width;
  return short_of_it ? std::nextafter(ratio, 2 * ratio) : ratio;
}

nlohmann::ordered_json open_clip_tower(const TowerConfig& tower) {
  nlohmann::ordered_json json{{"width", tower.width},
                              {"layers", tower.layers},
                              {"mlp_ratio", mlp_ratio(tower)},
                              {"norm_kwargs", {{"eps", tower.layer_norm_eps}}}};
  if (tower.activation == Activation::gelu_tanh) {
    json["act_kwargs"] = {{"approximate", "tanh"}};
  }
  return json;
}

/// The mean of one of two maps of every model. @param which  tensors or prompts
TensorMap mean_over(std::span<const ClipWeights> models, TensorMap ClipWeights::* which) {
  const auto number = static_cast<double>(models.size());
  TensorMap mean;
  for (const auto& [name, tensor] : models.front().*which) {
    at::Tensor sum = tensor.to(at::kDouble, /*non_blocking=*/false, /*copy=*/true);
    for (const ClipWeights& model : models.subspan(1)) {
      const auto found = (model.*which).find(name);
      if (found == (model.*which).end() || found->second.sizes() != tensor.sizes()) {
        throw Error(ErrorCode::invalid_argument,
                    "[convert] " + name + ": another of the weights to average has " +
                        (found == (model.*which).end() ? "none" : shape_text(found->second.sizes())) + ", expected " +
                        shape_text(tensor.sizes()),
                    "give checkpoints of one training");
      }
      sum.add_(found->second);
    }
    mean[name] = sum.div_(number).to(at::kFloat);
  }
  for (const ClipWeights& model : models) {
    if ((model.*which).size() != mean.size()) {
      throw Error(ErrorCode::invalid_argument,
                  "[convert] the weights to average have " + std::to_string((model.*which).size()) + " and " +
                      std::to_string(mean.size()) + " tensors",
                  "give checkpoints of one training");
    }
  }
  return mean;
}

}  // namespace

std::string stored_prompt_name(const std::string& canonical) {
  constexpr std::string_view kVisual = "visual.";
  if (canonical.starts_with(kVisual)) {
    return "image_encoder." + canonical.substr(kVisual.size());
  }
  return canonical.starts_with("transformer.") ? "text_encoder." + canonical : canonical;
}

std::vector<std::string> vifi_clip_parameters(const ClipWeights& weights) { return ParameterList(weights).list(); }

NamedTensors named_tensors(const ClipWeights& weights, Layout layout) {
  NamedTensors named;
  if (layout == Layout::vifi_clip) {
    for (const std::string& name : vifi_clip_parameters(weights)) {
      if (const auto prompt = weights.prompts.find(name); prompt != weights.prompts.end()) {
        named.emplace_back(stored_prompt_name(name), prompt->second);
      } else {
        split(source_of(layout, name), weights.tensors.at(name), named);
      }
    }
    named.emplace_back("token_embedding.weight", weights.tensors.at("token_embedding.weight"));
    return named;
  }
  if (!weights.prompts.empty()) {
    refuse("learned prompts (" + weights.prompts.begin()->first + ") have no place in this layout",
           "a bundle, safetensors and the authors' container hold them");
  }
  for (const ExpectedTensor& expected : expected_tensors(weights.config)) {
    split(source_of(layout, expected.name), weights.tensors.at(expected.name), named);
  }
  return named;
}

nlohmann::ordered_json hugging_face_config(const ClipConfig& config) {
  if (config.image_height != config.image_width) {
    refuse("images of " + std::to_string(config.image_width) + "x" + std::to_string(config.image_height) +
               " pixels have no place in a CLIPModel of transformers",
           "open_clip's layout holds them");
  }
  constexpr std::int64_t kHighestId = 2;  // what published files say for "read at the highest id"
  nlohmann::ordered_json vision = hugging_face_tower(config.vision, "clip_vision_model", config);
  vision["image_size"] = config.image_width;
  vision["patch_size"] = config.patch_size;
  nlohmann::ordered_json text = hugging_face_tower(config.text, "clip_text_model", config);
  text["max_position_embeddings"] = config.context_length;
  text["vocab_size"] = config.vocab_size;
  text["eos_token_id"] = config.text_pool == TextPool::first_eos ? config.eos_id : kHighestId;
  return {{"architectures", {"CLIPModel"}},
          {"model_type", "clip"},
          {"projection_dim", config.embed_dim},
          {"text_config", std::move(text)},
          {"vision_config", std::move(vision)}};
}

nlohmann::ordered_json open_clip_config(const ClipConfig& config) {
  const bool quick = config.vision.activation == Activation::quick_gelu;
  if (quick != (config.text.activation == Activation::quick_gelu)) {
    refuse("one tower has QuickGELU and the other has not, which open_clip's layout cannot say",
           "Hugging Face's layout can");
  }
  nlohmann::ordered_json vision = open_clip_tower(config.vision);
  vision["head_width"] = config.vision.width / config.vision.heads;
  vision["patch_size"] = config.patch_size;
  vision["image_size"] = config.image_height == config.image_width
                             ? nlohmann::ordered_json(config.image_height)
                             : nlohmann::ordered_json{config.image_height, config.image_width};
  nlohmann::ordered_json text = open_clip_tower(config.text);
  text["heads"] = config.text.heads;
  text["context_length"] = config.context_length;
  text["vocab_size"] = config.vocab_size;
  if (config.text_pool == TextPool::first_eos) {
    text["pool_type"] = "eos";
    text["eos_id"] = config.eos_id;
  }
  return {{"embed_dim", config.embed_dim},
          {"quick_gelu", quick},
          {"vision_cfg", std::move(vision)},
          {"text_cfg", std::move(text)}};
}

ClipWeights averaged(std::span<const ClipWeights> models) {
  ClipWeights result = models.front();
  result.tensors = mean_over(models, &ClipWeights::tensors);
  result.prompts = mean_over(models, &ClipWeights::prompts);
  return result;
}

ClipWeights interpolated(const ClipWeights& fine_tuned, const ClipWeights& clip, double r) {
  if (!(r >= 0 && r <= 1)) {
    throw Error(ErrorCode::invalid_argument, "[convert] interpolation: expected a share of CLIP within 0..1, got " +
                                                 std::to_string(r));
  }
  if (!fine_tuned.prompts.empty()) {
    refuse("weights with learned prompts cannot be interpolated: CLIP has none");
  }
  ClipWeights result = fine_tuned;
  for (auto& [name, tensor] : result.tensors) {
    const auto other = clip.tensors.find(name);
    if (other == clip.tensors.end() || other->second.sizes() != tensor.sizes()) {
      throw Error(ErrorCode::invalid_argument,
                  "[convert] " + name + ": the weights to interpolate with have " +
                      (other == clip.tensors.end() ? "none" : shape_text(other->second.sizes())) + ", expected " +
                      shape_text(tensor.sizes()),
                  "give the CLIP that the training began with");
    }
    const at::Tensor start = to_float32(other->second);
    tensor = name == "token_embedding.weight" ? start : r * start + (1 - r) * to_float32(tensor);
  }
  return result;
}

}  // namespace vifi
