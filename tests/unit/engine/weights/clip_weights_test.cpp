#include "weights/clip_weights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include <ATen/ops/allclose.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/linspace.h>
#include <ATen/ops/zeros.h>

#include "file_builders.h"

namespace vifi {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

/// Different values for every tensor.
at::Tensor numbers(const std::vector<std::int64_t>& shape) {
  static double start = 0;
  start += 1;
  return at::linspace(start, start + 0.5, at::zeros(shape).numel()).reshape(shape);
}

void add_block(TensorMap& tensors, const std::string& prefix, std::int64_t width, std::int64_t mlp) {
  for (const char* norm : {"ln_1", "ln_2"}) {
    tensors[prefix + norm + ".weight"] = numbers({width});
    tensors[prefix + norm + ".bias"] = numbers({width});
  }
  tensors[prefix + "attn.in_proj_weight"] = numbers({3 * width, width});
  tensors[prefix + "attn.in_proj_bias"] = numbers({3 * width});
  tensors[prefix + "attn.out_proj.weight"] = numbers({width, width});
  tensors[prefix + "attn.out_proj.bias"] = numbers({width});
  tensors[prefix + "mlp.c_fc.weight"] = numbers({mlp, width});
  tensors[prefix + "mlp.c_fc.bias"] = numbers({mlp});
  tensors[prefix + "mlp.c_proj.weight"] = numbers({width, mlp});
  tensors[prefix + "mlp.c_proj.bias"] = numbers({width});
}

/// Images of 8x8 in patches of 4, vision width 64 with 2 blocks, text width 128 with 1, 5 tokens of 10, E = 6.
Checkpoint small_clip() {
  Checkpoint checkpoint;
  checkpoint.path = "small.safetensors";
  checkpoint.container = "safetensors";
  TensorMap& tensors = checkpoint.tensors;
  tensors["visual.conv1.weight"] = numbers({64, 3, 4, 4});
  tensors["visual.class_embedding"] = numbers({64});
  tensors["visual.positional_embedding"] = numbers({5, 64});
  tensors["visual.proj"] = numbers({64, 6});
  for (const char* norm : {"visual.ln_pre", "visual.ln_post"}) {
    tensors[std::string(norm) + ".weight"] = numbers({64});
    tensors[std::string(norm) + ".bias"] = numbers({64});
  }
  add_block(tensors, "visual.transformer.resblocks.0.", 64, 100);
  add_block(tensors, "visual.transformer.resblocks.1.", 64, 100);
  add_block(tensors, "transformer.resblocks.0.", 128, 96);
  tensors["token_embedding.weight"] = numbers({10, 128});
  tensors["positional_embedding"] = numbers({5, 128});
  tensors["ln_final.weight"] = numbers({128});
  tensors["ln_final.bias"] = numbers({128});
  tensors["text_projection"] = numbers({128, 6});
  tensors["logit_scale"] = numbers({});
  return checkpoint;
}

/// The same tensors under other names.
Checkpoint renamed(Checkpoint checkpoint, const std::vector<std::pair<std::string, std::string>>& prefixes) {
  TensorMap result;
  for (const auto& [name, tensor] : checkpoint.tensors) {
    std::string other = name;
    for (const auto& [from, to] : prefixes) {
      if (name.starts_with(from)) {
        other = to + name.substr(from.size());
        break;
      }
    }
    result[other] = tensor;
  }
  checkpoint.tensors = std::move(result);
  return checkpoint;
}

Checkpoint open_clip_custom(const Checkpoint& checkpoint) {
  return renamed(checkpoint, {{"visual.", "visual."}, {"logit_scale", "logit_scale"}, {"", "text."}});
}

/// As the authors' training writes it: module., other towers' names, no token embedding.
Checkpoint authors_vifi_clip(Checkpoint checkpoint) {
  checkpoint.tensors.erase("token_embedding.weight");
  return renamed(checkpoint,
                 {{"visual.", "module.image_encoder."}, {"logit_scale", "module.logit_scale"}, {"", "module.text_encoder."}});
}

std::string refusal(const Checkpoint& checkpoint, const ClipOverrides& overrides = {}) {
  try {
    clip_weights(checkpoint, overrides);
    return "accepted";
  } catch (const WeightsError& e) {
    return std::string(name_of(e.kind())) + ": " + e.message();
  }
}

TEST(ClipWeights, FindsTheArchitectureInTheShapes) {
  const ClipWeights weights = clip_weights(small_clip());
  EXPECT_EQ(weights.format, "openai_state_dict");
  EXPECT_EQ(weights.config,
            (ClipConfig{.image_height = 8, .image_width = 8, .patch_size = 4, .embed_dim = 6, .context_length = 5,
                        .vocab_size = 10, .vision = {.width = 64, .layers = 2, .heads = 1, .mlp_width = 100},
                        .text = {.width = 128, .layers = 1, .heads = 2, .mlp_width = 96}}));
  EXPECT_EQ(weights.tensors.size(), small_clip().tensors.size());
  EXPECT_THAT(weights.assumptions, ElementsAre(HasSubstr("quick_gelu"), HasSubstr("heads")));
}

TEST(ClipWeights, AssumesNothingOfAScriptedModel) {
  Checkpoint checkpoint = small_clip();
  checkpoint.container = "torchscript";
  for (const char* name : {"input_resolution", "context_length", "vocab_size"}) {
    checkpoint.tensors[name] = at::zeros({}, at::kLong);
  }
  const ClipWeights weights = clip_weights(checkpoint);
  EXPECT_EQ(weights.format, "openai_torchscript");
  EXPECT_TRUE(weights.assumptions.empty());
}

TEST(ClipWeights, BelievesTheCallerMoreThanTheFile) {
  const ClipWeights weights = clip_weights(
      small_clip(), {.activation = Activation::gelu_tanh, .image_size = {{4, 16}}, .vision_heads = 8, .text_heads = 4});
  EXPECT_EQ(weights.config.vision.activation, Activation::gelu_tanh);
  EXPECT_EQ(weights.config.patch_rows(), 1);
  EXPECT_EQ(weights.config.patch_columns(), 4);
  EXPECT_EQ(weights.config.vision.heads, 8);
  EXPECT_EQ(weights.config.text.heads, 4);
  EXPECT_TRUE(weights.assumptions.empty());
}

TEST(ClipWeights, NeedsTheFormOfAnImageThatIsNotSquare) {
  Checkpoint checkpoint = small_clip();
  checkpoint.tensors["visual.positional_embedding"] = numbers({7, 64});
  EXPECT_THAT(refusal(checkpoint), HasSubstr("6 patches make no square image"));
  EXPECT_EQ(refusal(checkpoint, {.image_size = {{8, 12}}}), "accepted");
  EXPECT_THAT(refusal(checkpoint, {.image_size = {{8, 8}}}), StartsWith("shape_mismatch"));
}

TEST(ClipWeights, ReadsOpenClipsNamesAndPrefixes) {
  Checkpoint training = renamed(small_clip(), {{"", "module."}});
  training.entry = "state_dict";
  EXPECT_EQ(clip_weights(training).format, "open_clip");
  EXPECT_EQ(clip_weights(training).config.text.activation, Activation::gelu);

  const Checkpoint original = small_clip();
  const ClipWeights custom = clip_weights(open_clip_custom(original));
  EXPECT_EQ(custom.format, "open_clip_custom_text");
  for (const auto& [name, tensor] : original.tensors) {
    EXPECT_TRUE(at::equal(custom.tensors.at(name), tensor)) << name;
  }
}

TEST(ClipWeights, ObeysOpenClipsConfiguration) {
  Checkpoint checkpoint = small_clip();
  checkpoint.config = nlohmann::json::parse(R"({"model_cfg": {"embed_dim": 6,
      "vision_cfg": {"image_size": [8, 8], "layers": 2, "width": 64, "patch_size": 4, "head_width": 16},
      "text_cfg": {"context_length": 5, "vocab_size": 10, "width": 128, "heads": 4, "layers": 1}}})");
  const ClipWeights weights = clip_weights(checkpoint);
  EXPECT_EQ(weights.format, "open_clip");
  EXPECT_EQ(weights.config.vision.activation, Activation::gelu);
  EXPECT_EQ(weights.config.vision.heads, 4);
  EXPECT_EQ(weights.config.text.heads, 4);

  checkpoint.config["model_cfg"]["quick_gelu"] = true;
  EXPECT_EQ(clip_weights(checkpoint).config.vision.activation, Activation::quick_gelu);
  checkpoint.config["model_cfg"]["text_cfg"]["vocab_size"] = 11;
  EXPECT_THAT(refusal(checkpoint), StartsWith("shape_mismatch"));
  checkpoint.config["model_cfg"]["text_cfg"]["vocab_size"] = -1;
  EXPECT_THAT(refusal(checkpoint), AllOf(StartsWith("corrupt"), HasSubstr("model_cfg.text_cfg.vocab_size")));
  checkpoint.config["model_cfg"]["vision_cfg"]["timm_model_name"] = "vit";
  EXPECT_THAT(refusal(checkpoint), StartsWith("unsupported"));
}

/// `small_clip` with Hugging Face's names and configuration.
Checkpoint hugging_face() {
  Checkpoint checkpoint = renamed(
      small_clip(), {{"visual.conv1.", "vision_model.embeddings.patch_embedding."},
                     {"visual.class_embedding", "vision_model.embeddings.class_embedding"},
                     {"visual.positional_embedding", "vision_model.embeddings.position_embedding.weight"},
                     {"visual.ln_pre.", "vision_model.pre_layrnorm."},
                     {"visual.ln_post.", "vision_model.post_layernorm."},
                     {"visual.proj", "visual_projection.weight"},
                     {"visual.transformer.resblocks.", "vision_model.encoder.layers."},
                     {"transformer.resblocks.", "text_model.encoder.layers."},
                     {"token_embedding.", "text_model.embeddings.token_embedding."},
                     {"positional_embedding", "text_model.embeddings.position_embedding.weight"},
                     {"ln_final.", "text_model.final_layer_norm."},
                     {"text_projection", "text_projection.weight"}});
  const TensorMap tensors = std::exchange(checkpoint.tensors, {});
  for (const auto& [stored_name, tensor] : tensors) {
    std::string name = stored_name;
    const auto replace = [&name](const std::string& from, const std::string& to) {
      if (const auto at = name.find(from); at != std::string::npos) {
        name.replace(at, from.size(), to);
      }
    };
    if (const auto at = name.find("attn.in_proj_"); at != std::string::npos) {
      const auto parts = tensor.chunk(3);
      for (std::size_t i = 0; i < parts.size(); ++i) {
        checkpoint.tensors[name.substr(0, at) + "self_attn." + "qkv"[i] + "_proj." + name.substr(at + 13)] = parts[i];
      }
      continue;
    }
    replace(".attn.", ".self_attn.");
    replace(".ln_1.", ".layer_norm1.");
    replace(".ln_2.", ".layer_norm2.");
    replace(".c_fc.", ".fc1.");
    replace(".c_proj.", ".fc2.");
    const bool projection = name == "visual_projection.weight" || name == "text_projection.weight";
    checkpoint.tensors[name] = projection ? tensor.t() : tensor;
  }
  checkpoint.tensors["text_model.embeddings.position_ids"] = at::zeros({1, 5}, at::kLong);
  checkpoint.config = nlohmann::json::parse(R"({"model_type": "clip", "projection_dim": 6,
      "vision_config": {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 100,
                        "image_size": 8, "patch_size": 4, "hidden_act": "gelu", "projection_dim": 512},
      "text_config": {"hidden_size": 128, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 96,
                      "max_position_embeddings": 5, "vocab_size": 10, "eos_token_id": 9, "layer_norm_eps": 1e-6}})");
  checkpoint.config_path = "config.json";
  return checkpoint;
}

TEST(ClipWeights, StacksAndTransposesHuggingFacesTensors) {
  static const Checkpoint stored = hugging_face();
  const ClipWeights weights = clip_weights(stored);
  EXPECT_EQ(weights.format, "hf_clip");
  EXPECT_EQ(weights.tensors.size(), small_clip().tensors.size());
  const std::string attention = "vision_model.encoder.layers.1.self_attn.";
  EXPECT_TRUE(at::equal(weights.tensors.at("visual.transformer.resblocks.1.attn.in_proj_weight"),
                        at::cat({stored.tensors.at(attention + "q_proj.weight"),
                                 stored.tensors.at(attention + "k_proj.weight"),
                                 stored.tensors.at(attention + "v_proj.weight")})));
  EXPECT_TRUE(at::equal(weights.tensors.at("text_projection"), stored.tensors.at("text_projection.weight").t()));
  EXPECT_TRUE(at::equal(weights.tensors.at("visual.ln_pre.bias"), stored.tensors.at("vision_model.pre_layrnorm.bias")));
}

TEST(ClipWeights, ReadsHuggingFacesConfiguration) {
  const ClipConfig config = clip_weights(hugging_face()).config;
  EXPECT_EQ(config.vision.heads, 4);
  EXPECT_EQ(config.vision.activation, Activation::gelu);
  EXPECT_EQ(config.text.activation, Activation::quick_gelu);
  EXPECT_EQ(config.text.layer_norm_eps, 1e-6);
  EXPECT_EQ(config.embed_dim, 6);
  EXPECT_EQ(config.text_pool, TextPool::first_eos);
  EXPECT_EQ(config.eos_id, 9);
}

TEST(ClipWeights, TakesTheHighestIdWhereAnOldConfigurationSaysTwo) {
  Checkpoint checkpoint = hugging_face();
  checkpoint.config["text_config"]["eos_token_id"] = 2;
  EXPECT_EQ(clip_weights(checkpoint).config.text_pool, TextPool::argmax);
}

TEST(ClipWeights, RefusesConfigurationsThatDoNotFit) {
  Checkpoint checkpoint = hugging_face();
  checkpoint.config["vision_config"]["num_hidden_layers"] = 1;
  EXPECT_THAT(refusal(checkpoint), StartsWith("shape_mismatch"));
  checkpoint.config["vision_config"]["num_hidden_layers"] = 3;
  EXPECT_THAT(refusal(checkpoint), StartsWith("missing_tensor"));
  checkpoint.config["vision_config"]["num_hidden_layers"] = 2;
  checkpoint.config["text_config"]["num_attention_heads"] = 3;
  EXPECT_THAT(refusal(checkpoint), StartsWith("shape_mismatch"));
  checkpoint.config["text_config"]["num_attention_heads"] = 1e300;
  EXPECT_THAT(refusal(checkpoint), AllOf(StartsWith("corrupt"), HasSubstr("num_attention_heads")));
  checkpoint.config = {{"model_type", "siglip"}};
  EXPECT_THAT(refusal(checkpoint), AllOf(StartsWith("unsupported"), HasSubstr("siglip")));
  checkpoint.config = nullptr;
  EXPECT_THAT(refusal(checkpoint), AllOf(StartsWith("unsupported"), HasSubstr("config.json")));
}

TEST(ClipWeights, TakesTheTokenEmbeddingOfTheAuthorsFilesFromTheirBase) {
  const Checkpoint base = small_clip();
  const Checkpoint fine_tuned = authors_vifi_clip(small_clip());
  EXPECT_THAT(refusal(fine_tuned), AllOf(StartsWith("missing_tensor"), HasSubstr("lacks the token embedding")));
  const ClipWeights weights = clip_weights(fine_tuned, {.base = &base});
  EXPECT_EQ(weights.format, "vifi_clip");
  EXPECT_TRUE(at::equal(weights.tensors.at("token_embedding.weight"), base.tensors.at("token_embedding.weight")));
  EXPECT_TRUE(at::equal(weights.tensors.at("visual.proj"), fine_tuned.tensors.at("module.image_encoder.proj")));
  EXPECT_TRUE(at::equal(weights.tensors.at("ln_final.bias"), fine_tuned.tensors.at("module.text_encoder.ln_final.bias")));
}

Checkpoint prompted_vifi_clip() {
  Checkpoint prompted = authors_vifi_clip(small_clip());
  prompted.tensors["module.image_encoder.VPT"] = numbers({2, 64});
  prompted.tensors["module.prompt_learner.ctx"] = numbers({3, 128});
  prompted.tensors["module.text_encoder.transformer.resblocks.0.VPT_shallow"] = numbers({3, 128});
  prompted.tensors["module.prompt_learner.token_prefix"] = numbers({4, 1, 128});
  return prompted;
}

TEST(ClipWeights, HandsLearnedPromptsOver) {
  const Checkpoint base = small_clip();
  const ClipWeights weights = clip_weights(prompted_vifi_clip(), {.base = &base});
  EXPECT_EQ(weights.prompts.size(), 3U);
  EXPECT_EQ(weights.prompts.count("visual.VPT"), 1U);
  EXPECT_EQ(weights.prompts.count("prompt_learner.ctx"), 1U);
  EXPECT_EQ(weights.prompts.count("transformer.resblocks.0.VPT_shallow"), 1U);
  EXPECT_TRUE(weights.assumptions.empty());
}

TEST(ClipWeights, RefusesPromptsThatContradictEachOther) {
  const Checkpoint base = small_clip();
  Checkpoint prompted = prompted_vifi_clip();
  prompted.tensors["module.image_encoder.transformer.resblocks.0.VPT_shallow"] = numbers({3, 64});
  EXPECT_THAT(refusal(prompted, {.base = &base}),
              AllOf(StartsWith("shape_mismatch"), HasSubstr("expected [2, 64] like visual.VPT, got [3, 64]")));
  prompted = prompted_vifi_clip();
  prompted.tensors.erase("module.prompt_learner.ctx");
  EXPECT_THAT(refusal(prompted, {.base = &base}), AllOf(StartsWith("missing_tensor"), HasSubstr("prompt_learner.ctx")));
  prompted = prompted_vifi_clip();
  prompted.tensors["module.image_encoder.VPT"] = numbers({2, 63});
  EXPECT_THAT(refusal(prompted, {.base = &base}), StartsWith("shape_mismatch"));
}

TEST(ClipWeights, NamesWhatIsMissing) {
  Checkpoint checkpoint = small_clip();
  checkpoint.tensors.erase("visual.ln_post.weight");
  EXPECT_THAT(refusal(checkpoint), StartsWith("missing_tensor: [load checkpoint] visual.ln_post.weight not in small"));
  checkpoint.tensors.erase("visual.transformer.resblocks.0.ln_1.bias");
  EXPECT_THAT(refusal(checkpoint), HasSubstr("and 1 more"));
}

TEST(ClipWeights, NamesWhatHasAnotherShape) {
  Checkpoint checkpoint = small_clip();
  checkpoint.tensors["visual.transformer.resblocks.1.mlp.c_fc.weight"] = numbers({99, 64});
  EXPECT_THAT(refusal(checkpoint), AllOf(StartsWith("shape_mismatch"), HasSubstr("expected [100, 64], got [99, 64]")));
}

TEST(ClipWeights, RefusesATensorThatHasNoPlaceInATower) {
  Checkpoint checkpoint = small_clip();
  checkpoint.tensors["visual.transformer.resblocks.0.ls_1.gamma"] = numbers({64});
  EXPECT_THAT(refusal(checkpoint), AllOf(StartsWith("unsupported"), HasSubstr("ls_1.gamma")));
}

TEST(ClipWeights, MentionsWhatItLeavesOut) {
  Checkpoint checkpoint = small_clip();
  checkpoint.tensors["extra"] = numbers({1});
  EXPECT_THAT(clip_weights(checkpoint, {.activation = Activation::gelu, .vision_heads = 1, .text_heads = 2}).assumptions,
              ElementsAre("not used by the model: extra"));
}

TEST(ClipWeights, FindsNonFiniteValuesOfEveryType) {
  for (const at::ScalarType type : {at::kDouble, at::kFloat, at::kHalf, at::kBFloat16}) {
    for (const double bad : {std::numeric_limits<double>::quiet_NaN(), -std::numeric_limits<double>::infinity()}) {
      Checkpoint checkpoint = small_clip();
      at::Tensor tensor = checkpoint.tensors["ln_final.bias"].to(type).clone();
      tensor[127].fill_(bad);
      checkpoint.tensors["ln_final.bias"] = tensor;
      EXPECT_THAT(refusal(checkpoint), AllOf(StartsWith("non_finite"), HasSubstr("ln_final.bias")));
      EXPECT_THAT(clip_weights(checkpoint, {.allow_non_finite = true}).non_finite, ElementsAre("ln_final.bias"));
    }
  }
}

TEST(ClipWeights, SaysWhatAnotherModelIs) {
  const std::pair<const char*, const char*> models[] = {
      {"mit.resblocks.0.ln_1.weight", "an X-CLIP model"},
      {"visual.layer1.0.conv1.weight", "ResNet"},
      {"visual.attn_pool.probe", "PE-Core"},
      {"vision_model.head.probe", "SigLIP"},
      {"visual.trunk.attn_pool.latent", "PE-Core"},
      {"bert.embeddings", "no model this build knows"},
  };
  for (const auto& [name, model] : models) {
    Checkpoint checkpoint;
    checkpoint.tensors[name] = numbers({1});
    EXPECT_THAT(refusal(checkpoint), AllOf(StartsWith("unsupported"), HasSubstr(model))) << name;
  }
}

TEST(ToFloat32, IsRowMajorAndCopiesOnlyWhereItMust) {
  const at::Tensor plain = numbers({2, 3});
  EXPECT_EQ(to_float32(plain).data_ptr(), plain.data_ptr());
  const at::Tensor converted = to_float32(plain.t().to(at::kHalf));
  EXPECT_TRUE(converted.is_contiguous() && converted.scalar_type() == at::kFloat);
  EXPECT_TRUE(at::allclose(converted, plain.t(), 1e-3));
}

}  // namespace
}  // namespace vifi
