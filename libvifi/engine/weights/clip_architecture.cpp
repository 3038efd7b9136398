#include "weights/clip_architecture.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "base/json_object.h"
#include "weights/weights_error.h"

namespace vifi {
namespace {

constexpr std::int64_t kHeadWidth = 64;  // OpenAI's, and open_clip's default

[[noreturn]] void refuse_config(const std::string& message) {
  throw WeightsError(WeightsErrorKind::corrupt, message);
}

/// Sizes of canonical tensors that the layout stores as they are.
class Shapes {
 public:
  Shapes(const std::string& path, const TensorMap& tensors, Layout layout) : shapes_(path, tensors), layout_(layout) {}

  std::int64_t size(const std::string& canonical, std::int64_t dimensions, std::int64_t dimension) const {
    return shapes_.size(source_of(layout_, canonical).names.front(), dimensions, dimension);
  }
  std::int64_t layers(const std::string& canonical_prefix) const {
    return shapes_.layers(source_of(layout_, canonical_prefix).names.front());
  }

 private:
  StoredShapes shapes_;
  Layout layout_;
};

/// What OpenAI's names tell: everything but activation, heads, and the form of an image that is not square.
ClipConfig from_shapes(const Shapes& shapes) {
  ClipConfig config;
  config.vision.width = shapes.size("visual.conv1.weight", 4, 0);
  config.patch_size = shapes.size("visual.conv1.weight", 4, 3);
  config.vision.layers = shapes.layers("visual.transformer.resblocks.");
  config.vision.mlp_width = shapes.size("visual.transformer.resblocks.0.mlp.c_fc.weight", 2, 0);
  config.embed_dim = shapes.size("visual.proj", 2, 1);
  config.vocab_size = shapes.size("token_embedding.weight", 2, 0);
  config.text.width = shapes.size("token_embedding.weight", 2, 1);
  config.context_length = shapes.size("positional_embedding", 2, 0);
  config.text.layers = shapes.layers("transformer.resblocks.");
  config.text.mlp_width = shapes.size("transformer.resblocks.0.mlp.c_fc.weight", 2, 0);
  config.vision.heads = std::max<std::int64_t>(1, config.vision.width / kHeadWidth);
  config.text.heads = std::max<std::int64_t>(1, config.text.width / kHeadWidth);
  return config;
}

void set_square_image(ClipConfig& config, const Shapes& shapes, const std::string& path) {
  const std::int64_t patches = shapes.size("visual.positional_embedding", 2, 0) - 1;
  const std::int64_t side = square_side(path, patches);
  config.image_height = config.image_width = side * config.patch_size;
}

Activation hugging_face_activation(const JsonObject& section, Activation fallback) {
  if (!section.has("hidden_act")) {
    return fallback;
  }
  const std::string name = section.text("hidden_act", "");
  if (name == "quick_gelu") {
    return Activation::quick_gelu;
  }
  if (name == "gelu" || name == "gelu_python") {
    return Activation::gelu;
  }
  if (name == "gelu_new" || name == "gelu_pytorch_tanh" || name == "gelu_fast") {
    return Activation::gelu_tanh;
  }
  throw WeightsError(WeightsErrorKind::unsupported, section.place("hidden_act") + ": unknown activation " + name);
}

/// `NAME` with the entries of `NAME_dict` over it, which old configurations carry and transformers obeys.
nlohmann::json merged_section(const JsonObject& config, const std::string& name) {
  nlohmann::json merged = nlohmann::json::object();
  for (const std::string& key : {name, name + "_dict"}) {
    const nlohmann::json& part = config.value(key);
    if (part.is_object()) {
      merged.update(part);
    } else if (!part.is_null()) {
      config.refuse(key, "an object");
    }
  }
  return merged;
}

ClipConfig from_hugging_face(const Checkpoint& checkpoint) {
  const JsonObject reader(checkpoint.config, checkpoint.config_path, refuse_config);
  const std::string type = reader.text("model_type", "");
  if (type != "clip") {
    throw WeightsError(WeightsErrorKind::unsupported,
                       reader.place("model_type") + " is \"" + type + "\", this build reads \"clip\"");
  }
  const nlohmann::json vision_json = merged_section(reader, "vision_config");
  const nlohmann::json text_json = merged_section(reader, "text_config");
  const JsonObject vision(vision_json, checkpoint.config_path + ": vision_config", refuse_config);
  const JsonObject text(text_json, checkpoint.config_path + ": text_config", refuse_config);

  ClipConfig config;
  config.vision = hugging_face_tower(vision, {.width = 768, .layers = 12, .heads = 12, .mlp_width = 3072});
  config.text = hugging_face_tower(text, {.width = 512, .layers = 12, .heads = 8, .mlp_width = 2048});
  config.image_height = config.image_width = vision.integer("image_size", 224);
  config.patch_size = vision.integer("patch_size", 32);
  config.embed_dim = reader.integer("projection_dim", 512);
  config.context_length = text.integer("max_position_embeddings", 77);
  config.vocab_size = text.integer("vocab_size", 49408);
  constexpr std::int64_t kDefaultEos = 49407;
  constexpr std::int64_t kOldEos = 2;  // a mistake of old configurations that transformers reads as "highest id"
  const std::int64_t eos = text.integer("eos_token_id", kDefaultEos);
  if (eos != kOldEos) {
    config.text_pool = TextPool::first_eos;
    config.eos_id = eos;
  }
  return config;
}

/// Switches of open_clip that change what is computed; only their default is supported.
void refuse_switches(const JsonObject& section, std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) {
    const nlohmann::json& value = section.value(key);
    if (!value.is_null() && value != false && value != 0) {
      throw WeightsError(WeightsErrorKind::unsupported, section.place(key) + " is not supported");
    }
  }
}

void apply_open_clip_tower(const JsonObject& section, bool quick_gelu, TowerConfig& tower) {
  if (section.has("layers") && !section.value("layers").is_number()) {
    throw WeightsError(WeightsErrorKind::unsupported, section.place("layers") + ": a ResNet image tower");
  }
  tower.width = section.integer("width", tower.width);
  tower.layers = section.integer("layers", tower.layers);
  if (section.has("mlp_ratio")) {
    const double width = static_cast<double>(tower.width) * section.real("mlp_ratio", 4.0);
    tower.mlp_width = width < 1e9 ? static_cast<std::int64_t>(width) : tower.mlp_width;
  }
  tower.layer_norm_eps = section.section("norm_kwargs").real("eps", tower.layer_norm_eps);
  tower.activation = quick_gelu ? Activation::quick_gelu : Activation::gelu;
  if (!quick_gelu && section.section("act_kwargs").text("approximate", "none") == "tanh") {
    tower.activation = Activation::gelu_tanh;
  }
}

void apply_open_clip(const Checkpoint& checkpoint, const Shapes& shapes, ClipConfig& config) {
  const JsonObject model = JsonObject(checkpoint.config, checkpoint.config_path, refuse_config).section("model_cfg");
  const JsonObject vision = model.section("vision_cfg");
  const JsonObject text = model.section("text_cfg");
  refuse_switches(model, {"multimodal_cfg", "custom_text_cfg"});
  refuse_switches(vision, {"timm_model_name", "attentional_pool", "attn_pooler_queries", "no_ln_pre", "ls_init_value",
                           "final_ln_after_pool", "global_average_pool"});
  refuse_switches(text, {"hf_model_name", "embed_cls", "no_causal_mask", "ls_init_value", "proj_bias"});

  config.embed_dim = model.integer("embed_dim", config.embed_dim);
  const bool quick_gelu = model.flag("quick_gelu", false);
  apply_open_clip_tower(vision, quick_gelu, config.vision);
  apply_open_clip_tower(text, quick_gelu, config.text);
  config.vision.heads = config.vision.width / vision.integer("head_width", kHeadWidth);
  config.text.heads = text.integer("heads", 8);
  config.patch_size = vision.integer("patch_size", config.patch_size);
  config.context_length = text.integer("context_length", config.context_length);
  config.vocab_size = text.integer("vocab_size", config.vocab_size);
  if (const std::string pool = text.text("pool_type", "argmax"); pool == "eos") {
    config.text_pool = TextPool::first_eos;
    config.eos_id = text.integer("eos_id", config.vocab_size - 1);
  } else if (pool != "argmax") {
    throw WeightsError(WeightsErrorKind::unsupported, text.place("pool_type") + " " + pool + " is not supported");
  }
  if (const std::string pool = vision.text("pool_type", "tok"); pool != "tok") {
    throw WeightsError(WeightsErrorKind::unsupported, vision.place("pool_type") + " " + pool + " is not supported");
  }

  const nlohmann::json& size = vision.value("image_size");
  if (size.is_array() && size.size() == 2) {
    const auto is_size = [](const nlohmann::json& v) {
      return v.is_number_unsigned() && v.get<std::uint64_t>() > 0 && v.get<std::uint64_t>() <= INT32_MAX;
    };
    if (!is_size(size[0]) || !is_size(size[1])) {
      vision.refuse("image_size", "a size or [height, width]");
    }
    config.image_height = size[0];
    config.image_width = size[1];
  } else if (!size.is_null()) {
    config.image_height = config.image_width = vision.integer("image_size", 224);
  } else {
    set_square_image(config, shapes, checkpoint.path);
  }
}

}  // namespace

TowerConfig hugging_face_tower(const JsonObject& section, const TowerConfig& fallback) {
  TowerConfig tower;
  tower.width = section.integer("hidden_size", fallback.width);
  tower.layers = section.integer("num_hidden_layers", fallback.layers);
  tower.heads = section.integer("num_attention_heads", fallback.heads);
  tower.mlp_width = section.integer("intermediate_size", fallback.mlp_width);
  tower.layer_norm_eps = section.real("layer_norm_eps", fallback.layer_norm_eps);
  tower.activation = hugging_face_activation(section, fallback.activation);
  if (tower.layers > kMostLayers) {
    throw WeightsError(WeightsErrorKind::unsupported,
                       section.place("num_hidden_layers") + ": more than " + std::to_string(kMostLayers));
  }
  return tower;
}

void check_heads(const std::string& path, std::string_view tower, const TowerConfig& config) {
  if (config.heads <= 0 || config.width % config.heads != 0) {
    throw WeightsError(WeightsErrorKind::shape_mismatch, path + ": " + std::string(tower) + " width " +
                                                             std::to_string(config.width) + " does not divide into " +
                                                             std::to_string(config.heads) + " heads");
  }
}

void add_block(std::vector<ExpectedTensor>& list, const std::string& prefix, const TowerConfig& tower) {
  const std::int64_t w = tower.width;
  const std::int64_t m = tower.mlp_width;
  list.push_back({prefix + "ln_1.weight", {w}});
  list.push_back({prefix + "ln_1.bias", {w}});
  list.push_back({prefix + "attn.in_proj_weight", {3 * w, w}});
  list.push_back({prefix + "attn.in_proj_bias", {3 * w}});
  list.push_back({prefix + "attn.out_proj.weight", {w, w}});
  list.push_back({prefix + "attn.out_proj.bias", {w}});
  list.push_back({prefix + "ln_2.weight", {w}});
  list.push_back({prefix + "ln_2.bias", {w}});
  list.push_back({prefix + "mlp.c_fc.weight", {m, w}});
  list.push_back({prefix + "mlp.c_fc.bias", {m}});
  list.push_back({prefix + "mlp.c_proj.weight", {w, m}});
  list.push_back({prefix + "mlp.c_proj.bias", {w}});
}

void add_norm(std::vector<ExpectedTensor>& list, const std::string& name, std::int64_t width) {
  list.push_back({name + ".weight", {width}});
  list.push_back({name + ".bias", {width}});
}

std::vector<ExpectedTensor> expected_text_tensors(const ClipConfig& config) {
  const TowerConfig& text = config.text;
  std::vector<ExpectedTensor> list;
  list.push_back({"token_embedding.weight", {config.vocab_size, text.width}});
  list.push_back({"positional_embedding", {config.context_length, text.width}});
  for (std::int64_t i = 0; i < text.layers; ++i) {
    add_block(list, "transformer.resblocks." + std::to_string(i) + ".", text);
  }
  add_norm(list, "ln_final", text.width);
  list.push_back({"text_projection", {text.width, config.embed_dim}});
  return list;
}

std::vector<ExpectedTensor> expected_tensors(const ClipConfig& config) {
  const std::int64_t patches = config.patch_rows() * config.patch_columns();
  const TowerConfig& vision = config.vision;
  std::vector<ExpectedTensor> list;
  list.push_back({"visual.conv1.weight", {vision.width, 3, config.patch_size, config.patch_size}});
  list.push_back({"visual.class_embedding", {vision.width}});
  list.push_back({"visual.positional_embedding", {patches + 1, vision.width}});
  add_norm(list, "visual.ln_pre", vision.width);
  for (std::int64_t i = 0; i < vision.layers; ++i) {
    add_block(list, "visual.transformer.resblocks." + std::to_string(i) + ".", vision);
  }
  add_norm(list, "visual.ln_post", vision.width);
  list.push_back({"visual.proj", {vision.width, config.embed_dim}});
  const std::vector<ExpectedTensor> text = expected_text_tensors(config);
  list.insert(list.end(), text.begin(), text.end());
  list.push_back({"logit_scale", {}});
  return list;
}

ClipConfig find_architecture(const Checkpoint& checkpoint, const TensorMap& tensors, Layout layout,
                             const ClipOverrides& overrides, std::vector<std::string>& assumptions) {
  const Shapes shapes(checkpoint.path, tensors, layout);
  const bool has_open_clip_config = checkpoint.config.is_object() && checkpoint.config.contains("model_cfg");
  ClipConfig config;
  bool image_known = true;
  if (layout == Layout::hugging_face) {
    config = from_hugging_face(checkpoint);
  } else if (config = from_shapes(shapes); has_open_clip_config && layout != Layout::vifi_clip) {
    apply_open_clip(checkpoint, shapes, config);
  } else {
    image_known = false;
    // Files that open_clip's training wrote: OpenAI's names, but another activation.
    const bool open_clip = layout == Layout::custom_text || checkpoint.entry == "state_dict";
    config.vision.activation = config.text.activation = open_clip ? Activation::gelu : Activation::quick_gelu;
    const bool certain = checkpoint.container == "torchscript" || layout == Layout::vifi_clip;
    if (!certain && !overrides.activation) {
      assumptions.push_back("activation " + std::string(name_of(config.vision.activation)) + ", as " +
                            (open_clip ? "open_clip's" : "OpenAI's") + " models have it");
    }
    if (!certain && !(overrides.vision_heads && overrides.text_heads)) {
      assumptions.push_back("attention heads of width " + std::to_string(kHeadWidth));
    }
  }

  if (overrides.activation) {
    config.vision.activation = config.text.activation = *overrides.activation;
  }
  config.text.activation = overrides.text_activation.value_or(config.text.activation);
  config.vision.heads = overrides.vision_heads.value_or(config.vision.heads);
  config.text.heads = overrides.text_heads.value_or(config.text.heads);
  if (overrides.image_size) {
    config.image_height = (*overrides.image_size)[0];
    config.image_width = (*overrides.image_size)[1];
  } else if (!image_known) {
    set_square_image(config, shapes, checkpoint.path);
  }
  if (config.patch_rows() <= 0 || config.patch_columns() <= 0) {
    throw WeightsError(WeightsErrorKind::shape_mismatch,
                       checkpoint.path + ": patches of " + std::to_string(config.patch_size) + " pixels in an image of " +
                           std::to_string(config.image_width) + "x" + std::to_string(config.image_height));
  }
  check_heads(checkpoint.path, "vision", config.vision);
  check_heads(checkpoint.path, "text", config.text);
  return config;
}

}  // namespace vifi
