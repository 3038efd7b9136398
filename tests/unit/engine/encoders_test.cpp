// SigLIP and PE-Core from checkpoints: whose names they have, what is inferred and what is refused.
#include <cstdlib>
#include <functional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ATen/ops/arange.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <c10/core/InferenceMode.h>

#include "methods/method.h"
#include "weights/checkpoint.h"
#include "weights/weights_error.h"

namespace vifi {
namespace {

using testing::Contains;
using testing::HasSubstr;

Checkpoint golden(const std::string& name) {
  return read_checkpoint(std::string(std::getenv("VIFI_TEST_DATA")) + "/golden/" + name);
}

/// Width 64, two heads, two blocks, images of 32 pixels, texts of 16 tokens out of 200.
MethodSource siglip() {
  MethodSource source;
  source.checkpoint = golden("siglip-forward/_files/openclip.safetensors");
  source.overrides.vision_heads = source.overrides.text_heads = 2;
  return source;
}

/// Width 64, two heads, one block, images of 32 x 64 pixels, a class token.
MethodSource pe_core() {
  MethodSource source;
  source.checkpoint = golden("pe-forward/_files/openclip-wide");
  source.overrides.vision_heads = 2;
  return source;
}

std::unique_ptr<Method> made(const MethodSource& source) {
  return create_method("", source, {.dtype = at::kFloat, .kernels = CpuKernels::plain});
}

std::string refusal(const MethodSource& source) {
  try {
    made(source);
    return "accepted";
  } catch (const WeightsError& error) {
    return std::string(name_of(error.kind())) + ": " + error.message();
  }
}

at::Tensor picture(std::int64_t height, std::int64_t width) {
  return at::arange(3 * height * width, at::kFloat).mul_(0.37).sin_().view({1, 3, height, width});
}

double largest_difference(const at::Tensor& a, const at::Tensor& b) { return a.sub(b).abs().max().item().toDouble(); }

using Renames = std::vector<std::pair<std::string, std::string>>;

/// Replaces in each name, one after the other, every text of the table that it holds.
Checkpoint renamed(const Checkpoint& checkpoint, const Renames& table) {
  Checkpoint result;
  result.path = checkpoint.path;
  result.container = checkpoint.container;
  for (const auto& [name, tensor] : checkpoint.tensors) {
    std::string other = name;
    for (const auto& [from, to] : table) {
      if (const auto at = other.find(from); at != std::string::npos) {
        other.replace(at, from.size(), to);
      }
    }
    result.tensors[other] = tensor;
  }
  return result;
}

void split(TensorMap& tensors, const std::string& name, const std::vector<std::string>& parts) {
  const at::Tensor whole = tensors.at(name);
  tensors.erase(name);
  const std::int64_t rows = whole.size(0) / static_cast<std::int64_t>(parts.size());
  for (std::size_t i = 0; i < parts.size(); ++i) {
    tensors[parts[i]] = whole.narrow(0, static_cast<std::int64_t>(i) * rows, rows);
  }
}

void join(TensorMap& tensors, const std::string& first, const std::string& second, const std::string& name) {
  const at::Tensor a = tensors.at(first), b = tensors.at(second);
  std::vector<std::int64_t> sizes = a.sizes().vec();
  sizes[0] += b.size(0);
  at::Tensor whole = at::zeros(sizes, a.options());
  whole.narrow(0, 0, a.size(0)).copy_(a);
  whole.narrow(0, a.size(0), b.size(0)).copy_(b);
  tensors.erase(first);
  tensors.erase(second);
  tensors[name] = whole;
}

/// The same model as Hugging Face names it.
MethodSource hugging_face_siglip() {
  MethodSource source;
  source.checkpoint = renamed(siglip().checkpoint,
                              {{"visual.trunk.patch_embed.proj", "vision_model.embeddings.patch_embedding"},
                               {"visual.trunk.pos_embed", "vision_model.embeddings.position_embedding.weight"},
                               {"visual.trunk.blocks.", "vision_model.encoder.layers."},
                               {"visual.trunk.norm.", "vision_model.post_layernorm."},
                               {"visual.trunk.attn_pool.latent", "vision_model.head.probe"},
                               {"visual.trunk.attn_pool.proj.", "vision_model.head.attention.out_proj."},
                               {"visual.trunk.attn_pool.norm.", "vision_model.head.layernorm."},
                               {"visual.trunk.attn_pool.", "vision_model.head."},
                               {".norm1.", ".layer_norm1."},
                               {".norm2.", ".layer_norm2."},
                               {".attn.proj.", ".self_attn.out_proj."},
                               {".attn.out_proj.", ".self_attn.out_proj."},
                               {"text.token_embedding.", "text_model.embeddings.token_embedding."},
                               {"text.positional_embedding", "text_model.embeddings.position_embedding.weight"},
                               {"text.transformer.resblocks.", "text_model.encoder.layers."},
                               {".ln_1.", ".layer_norm1."},
                               {".ln_2.", ".layer_norm2."},
                               {".c_fc.", ".fc1."},
                               {".c_proj.", ".fc2."},
                               {"text.ln_final.", "text_model.final_layer_norm."},
                               {"text.text_projection.", "text_model.head."}});
  TensorMap& tensors = source.checkpoint.tensors;
  for (const char* kind : {"weight", "bias"}) {
    const std::string pool = "vision_model.head.", end = kind;
    join(tensors, pool + "q." + end, pool + "kv." + end, pool + "attention.in_proj_" + end);
    for (const char* layer : {"0", "1"}) {
      const std::string vision = std::string("vision_model.encoder.layers.") + layer;
      const std::string text = std::string("text_model.encoder.layers.") + layer;
      const auto parts = [&](const std::string& block) {
        return std::vector<std::string>{block + ".self_attn.q_proj." + end, block + ".self_attn.k_proj." + end,
                                        block + ".self_attn.v_proj." + end};
      };
      split(tensors, vision + ".attn.qkv." + end, parts(vision));
      split(tensors, text + ".attn.in_proj_" + end, parts(text));
    }
  }
  auto& positions = tensors.at("vision_model.embeddings.position_embedding.weight");
  positions = positions.squeeze(0);
  source.checkpoint.config = nlohmann::json::parse(R"({"model_type": "siglip",
      "vision_config": {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 256,
                        "hidden_act": "gelu", "image_size": 32, "patch_size": 8},
      "text_config": {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 256,
                      "hidden_act": "gelu", "vocab_size": 200, "max_position_embeddings": 16}})");
  source.checkpoint.config_path = "config.json";
  return source;
}

TEST(Encoders, PrepareFramesAsABundleSaysRatherThanTheFile) {
  for (MethodSource source : {siglip(), pe_core()}) {
    PreprocessSpec wanted = made(source)->info().preprocess;
    wanted.mean = {0.25F, 0.5F, 0.75F};
    EXPECT_NE(made(source)->info().preprocess, wanted);
    source.overrides.preprocess = wanted;
    EXPECT_EQ(made(source)->info().preprocess, wanted) << made(source)->info().name;
  }
}

TEST(Siglip, HasTheSameFeaturesUnderHuggingFacesNames) {
  const c10::InferenceMode inference;
  const auto one = made(siglip()), other = made(hugging_face_siglip());
  EXPECT_EQ(one->info().format, "open_clip_siglip");
  EXPECT_EQ(other->info().format, "hf_siglip");
  EXPECT_LT(largest_difference(one->encode_frames(picture(32, 32)), other->encode_frames(picture(32, 32))), 1e-5);
  const at::Tensor ids = at::arange(16, at::kLong).view({1, 16});
  EXPECT_LT(largest_difference(one->encode_text(ids), other->encode_text(ids)), 1e-5);
}

TEST(Siglip, TellsWhatItIsAndWhatWasAssumed) {
  MethodSource source = siglip();
  source.overrides = {};
  const auto method = made(source);
  const MethodInfo& info = method->info();
  EXPECT_EQ(info.name, "siglip");
  EXPECT_EQ(info.image_size, 32);
  EXPECT_EQ(info.embed_dim, 64);
  EXPECT_EQ(info.context_length, 16);
  EXPECT_EQ(info.tokenizer, TokenizerKind::sentencepiece);
  EXPECT_TRUE(info.reads_padding);
  EXPECT_NE(info.logit_bias, 0);
  EXPECT_EQ(info.preprocess.resize, ResizeMode::squash);
  EXPECT_EQ(info.preprocess.interpolation, Interpolation::bicubic);
  EXPECT_THAT(info.assumptions, Contains(HasSubstr("attention heads: 1 for images, 1 for texts")));
  EXPECT_THAT(info.assumptions, Contains(HasSubstr("activations gelu of images, gelu of texts")));
}

TEST(Siglip, AddsItsBiasToTheScaledCosine) {
  const c10::InferenceMode inference;
  const auto method = made(siglip());
  const at::Tensor states = method->encode_frames(picture(32, 32)).unsqueeze(1);  // [1, T = 1, E]
  const at::Tensor video = method->pool(states);
  const double logit = method->logits(states, video).item<double>();  // the cosine of a video with itself is 1
  EXPECT_NEAR(logit, method->info().logit_scale + method->info().logit_bias, 1e-4);
}

TEST(Siglip, RefusesWhatIsIncompleteOrAnotherModel) {
  MethodSource source = siglip();
  source.checkpoint.tensors.erase("visual.trunk.blocks.1.norm1.bias");
  EXPECT_THAT(refusal(source), HasSubstr("missing_tensor: [load checkpoint] visual.trunk.blocks.1.norm1.bias not in"));
  source = siglip();
  source.checkpoint.tensors["visual.trunk.blocks.0.ls1.gamma"] = at::ones({64});
  EXPECT_THAT(refusal(source), HasSubstr("unsupported: [load checkpoint] visual.trunk.blocks.0.ls1.gamma in"));
  source = siglip();
  source.checkpoint.tensors["visual.trunk.attn_pool.kv.weight"] = at::ones({64, 64});
  EXPECT_THAT(refusal(source), HasSubstr("shape_mismatch: [load checkpoint] visual.trunk.attn_pool.kv.weight in"));
  source = hugging_face_siglip();
  source.checkpoint.config = nullptr;
  EXPECT_THAT(refusal(source), HasSubstr("no config.json beside it"));
  source = hugging_face_siglip();
  source.checkpoint.config["model_type"] = "siglip2";
  EXPECT_THAT(refusal(source), HasSubstr("model_type is \"siglip2\""));
  source = hugging_face_siglip();
  source.checkpoint.config["text_config"]["num_attention_heads"] = 5;
  EXPECT_THAT(refusal(source), HasSubstr("text width 64 does not divide into 5 heads"));
  source = siglip();
  source.checkpoint.tensors["logit_bias"] = at::ones({}).div(0);
  EXPECT_THAT(refusal(source), HasSubstr("non_finite: "));
}

/// The same model as its authors name it.
MethodSource authors_pe_core() {
  MethodSource source;
  source.checkpoint = renamed(pe_core().checkpoint, {{"visual.trunk.patch_embed.proj.", "visual.conv1."},
                                                     {"visual.trunk.cls_token", "visual.class_embedding"},
                                                     {"visual.trunk.pos_embed", "visual.positional_embedding"},
                                                     {"visual.trunk.norm_pre.", "visual.ln_pre."},
                                                     {"visual.trunk.norm.", "visual.ln_post."},
                                                     {"visual.trunk.attn_pool.latent", "visual.attn_pool.probe"},
                                                     {"visual.trunk.attn_pool.proj.", "visual.attn_pool.attn.out_proj."},
                                                     {"visual.trunk.attn_pool.norm.", "visual.attn_pool.layernorm."},
                                                     {"visual.trunk.attn_pool.", "visual.attn_pool."},
                                                     {"visual.trunk.blocks.", "visual.transformer.resblocks."},
                                                     {".norm1.", ".ln_1."},
                                                     {".norm2.", ".ln_2."},
                                                     {".attn.qkv.", ".attn.in_proj_"},
                                                     {".attn.proj.", ".attn.out_proj."},
                                                     {".fc1.", ".c_fc."},
                                                     {".fc2.", ".c_proj."},
                                                     {"text.", ""}});
  TensorMap& tensors = source.checkpoint.tensors;
  for (const std::string kind : {"weight", "bias"}) {
    join(tensors, "visual.attn_pool.q." + kind, "visual.attn_pool.kv." + kind, "visual.attn_pool.attn.in_proj_" + kind);
  }
  tensors["visual.class_embedding"] = tensors.at("visual.class_embedding").squeeze();
  tensors["visual.positional_embedding"] = tensors.at("visual.positional_embedding").squeeze(0);
  tensors["visual.proj"] = tensors.at("visual.trunk.head.weight").t();
  tensors.erase("visual.trunk.head.weight");
  tensors.erase("visual.trunk.head.bias");  // the authors' files have none
  source.overrides.vision_heads = 2;
  source.overrides.image_size = {32, 64};
  return source;
}

TEST(PeCore, HasTheSameFeaturesUnderItsAuthorsNames) {
  const c10::InferenceMode inference;
  MethodSource source = pe_core();
  source.checkpoint.tensors["visual.trunk.head.bias"] = at::zeros({32});
  const auto one = made(source), other = made(authors_pe_core());
  EXPECT_EQ(one->info().format, "open_clip_pe");
  EXPECT_EQ(other->info().format, "pe_original");
  EXPECT_LT(largest_difference(one->encode_frames(picture(32, 64)), other->encode_frames(picture(32, 64))), 1e-5);
  const at::Tensor ids = at::arange(16, at::kLong).view({1, 16});
  EXPECT_LT(largest_difference(one->encode_text(ids), other->encode_text(ids)), 1e-5);
}

TEST(PeCore, TellsWhatItIsAndWhatWasAssumed) {
  MethodSource source = pe_core();
  source.overrides = {};
  const auto method = made(source);
  EXPECT_EQ(method->info().name, "pe-core");
  EXPECT_EQ(method->info().image_size, 0);  // not square
  EXPECT_EQ(method->info().embed_dim, 32);
  EXPECT_EQ(method->info().context_length, 16);
  EXPECT_EQ(method->info().tokenizer, TokenizerKind::clip_bpe);
  EXPECT_EQ(method->info().preprocess.interpolation, Interpolation::bilinear);
  EXPECT_THAT(method->info().assumptions, Contains(HasSubstr("attention heads of images: 1")));
}

TEST(PeCore, RefusesHeadsThatItsPositionsDoNotFit) {
  MethodSource source = pe_core();
  source.overrides.vision_heads = 32;  // two values each
  EXPECT_THAT(refusal(source), HasSubstr("rotary positions need heads of a multiple of 4 values, got 2"));
}

TEST(PeCore, RefusesAnImageThatItsPositionsDoNotFit) {
  MethodSource source = pe_core();
  source.overrides.image_size = {64, 64};
  EXPECT_THAT(refusal(source), HasSubstr("shape_mismatch: [load checkpoint] visual.trunk.pos_embed in"));
}

TEST(OpenClipPreparation, IsWhatTheConfigurationSays) {
  MethodSource source = pe_core();
  source.checkpoint.config["preprocess_cfg"] =
      nlohmann::json{{"mean", {0.1, 0.2, 0.3}}, {"interpolation", "bicubic"}, {"resize_mode", "shortest"}};
  const PreprocessSpec spec = made(source)->info().preprocess;
  EXPECT_EQ(spec.mean, (std::array{0.1F, 0.2F, 0.3F}));
  EXPECT_EQ(spec.std, (std::array{0.5F, 0.5F, 0.5F}));
  EXPECT_EQ(spec.interpolation, Interpolation::bicubic);
  EXPECT_EQ(spec.resize, ResizeMode::short_side);
  source.checkpoint.config["preprocess_cfg"] = {{"resize_mode", "longest"}};
  EXPECT_THAT(refusal(source), HasSubstr("preprocess_cfg.resize_mode \"longest\" is not supported"));
  source.checkpoint.config["preprocess_cfg"] = {{"std", {0, 1, 1}}};
  EXPECT_THAT(refusal(source), HasSubstr("preprocess_cfg.std: expected three positive numbers"));
}

TEST(Registry, LeavesACommonClipToViFiClip) {
  MethodSource source;
  source.checkpoint = golden("clip-forward/_files/hf-sharded");
  EXPECT_EQ(made(source)->info().name, "vifi-clip");
}

}  // namespace
}  // namespace vifi
