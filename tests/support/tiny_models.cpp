#include "support/tiny_models.h"

#include <unistd.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <stdexcept>
#include <vector>

namespace vifi {
namespace {

namespace fs = std::filesystem;

constexpr int kWidth = 32;   // of all towers and features
constexpr int kMlp = 64;
constexpr int kPatch = 16;   // two by two patches

/// A safetensors file of random tensors.
class Weights {
 public:
  using Shape = std::vector<int>;

  /// Norm weights lie around 1, everything else around 0.
  void add(const std::string& name, const Shape& shape, float center = 0) {
    std::size_t count = 1;
    for (const int size : shape) count *= static_cast<std::size_t>(size);
    const std::size_t begin = data_.size();
    data_.resize(begin + count * sizeof(float));
    std::uniform_real_distribution<float> value(center - 0.3F, center + 0.3F);
    for (std::size_t i = 0; i < count; ++i) {
      const float number = value(random_);
      std::memcpy(data_.data() + begin + i * sizeof(float), &number, sizeof(float));
    }
    header_[name] = {{"dtype", "F32"}, {"shape", shape}, {"data_offsets", {begin, data_.size()}}};
  }
  void linear(const std::string& name, int out, int in) {
    add(name + ".weight", {out, in});
    add(name + ".bias", {out});
  }
  void norm(const std::string& name) {
    add(name + ".weight", {kWidth}, 1);
    add(name + ".bias", {kWidth});
  }
  void write(const fs::path& file) const {
    const std::string header = header_.dump();
    const std::uint64_t size = header.size();
    std::ofstream stream(file, std::ios::binary);
    stream.write(reinterpret_cast<const char*>(&size), sizeof(size)) << header << data_;
  }

 private:
  nlohmann::json header_;
  std::string data_;
  std::mt19937 random_{7};
};

void hugging_face_block(Weights& weights, const std::string& prefix) {
  for (const char* part : {"q", "k", "v", "out"}) {
    weights.linear(prefix + "self_attn." + part + "_proj", kWidth, kWidth);
  }
  weights.norm(prefix + "layer_norm1");
  weights.norm(prefix + "layer_norm2");
  weights.linear(prefix + "mlp.fc1", kMlp, kWidth);
  weights.linear(prefix + "mlp.fc2", kWidth, kMlp);
}

void write_text(const fs::path& file, const std::string& text) { std::ofstream(file) << text; }

std::string test_data(const std::string& name) {
  const char* folder = std::getenv("VIFI_TEST_DATA");
  if (folder == nullptr) throw std::runtime_error("VIFI_TEST_DATA is not set: run through `meson test`");
  return std::string(folder) + "/" + name;
}

}  // namespace

std::string write_tiny_siglip(const fs::path& folder) {
  constexpr int kPieces = 1000, kContext = 16;
  Weights weights;
  weights.add("vision_model.embeddings.patch_embedding.weight", {kWidth, 3, kPatch, kPatch});
  weights.add("vision_model.embeddings.patch_embedding.bias", {kWidth});
  weights.add("vision_model.embeddings.position_embedding.weight", {4, kWidth});
  hugging_face_block(weights, "vision_model.encoder.layers.0.");
  weights.norm("vision_model.post_layernorm");
  weights.add("vision_model.head.probe", {1, 1, kWidth});
  weights.add("vision_model.head.attention.in_proj_weight", {3 * kWidth, kWidth});
  weights.add("vision_model.head.attention.in_proj_bias", {3 * kWidth});
  weights.linear("vision_model.head.attention.out_proj", kWidth, kWidth);
  weights.norm("vision_model.head.layernorm");
  weights.linear("vision_model.head.mlp.fc1", kMlp, kWidth);
  weights.linear("vision_model.head.mlp.fc2", kWidth, kMlp);
  weights.add("text_model.embeddings.token_embedding.weight", {kPieces, kWidth});
  weights.add("text_model.embeddings.position_embedding.weight", {kContext, kWidth});
  hugging_face_block(weights, "text_model.encoder.layers.0.");
  weights.norm("text_model.final_layer_norm");
  weights.linear("text_model.head", kWidth, kWidth);
  weights.add("logit_scale", {1}, 2);
  weights.add("logit_bias", {1}, -10);
  weights.write(folder / "model.safetensors");
  const nlohmann::json tower{{"hidden_size", kWidth}, {"intermediate_size", kMlp}, {"num_hidden_layers", 1},
                             {"num_attention_heads", 2}};
  nlohmann::json config{{"model_type", "siglip"}, {"vision_config", tower}, {"text_config", tower}};
  config["vision_config"].update({{"image_size", 2 * kPatch}, {"patch_size", kPatch}});
  config["text_config"].update({{"vocab_size", kPieces}, {"max_position_embeddings", kContext}});
  write_text(folder / "config.json", config.dump());
  fs::copy_file(test_data("golden/sentencepiece-tokens/_files/bpe-bytes.model"), folder / "spiece.model",
                fs::copy_options::overwrite_existing);
  return folder.string();
}

std::string write_tiny_pe_core(const fs::path& folder) {
  constexpr int kVocabulary = 49408, kContext = 32;
  Weights weights;
  const std::string trunk = "visual.trunk.", block = trunk + "blocks.0.", pool = trunk + "attn_pool.",
                    text_block = "text.transformer.resblocks.0.";
  weights.add(trunk + "patch_embed.proj.weight", {kWidth, 3, kPatch, kPatch});
  weights.add(trunk + "cls_token", {1, 1, kWidth});
  weights.add(trunk + "pos_embed", {1, 5, kWidth});
  weights.norm(trunk + "norm_pre");
  weights.norm(block + "norm1");
  weights.norm(block + "norm2");
  weights.linear(block + "attn.qkv", 3 * kWidth, kWidth);
  weights.linear(block + "attn.proj", kWidth, kWidth);
  weights.linear(block + "mlp.fc1", kMlp, kWidth);
  weights.linear(block + "mlp.fc2", kWidth, kMlp);
  weights.norm(trunk + "norm");
  weights.add(pool + "latent", {1, 1, kWidth});
  weights.linear(pool + "q", kWidth, kWidth);
  weights.linear(pool + "kv", 2 * kWidth, kWidth);
  weights.linear(pool + "proj", kWidth, kWidth);
  weights.norm(pool + "norm");
  weights.linear(pool + "mlp.fc1", 4 * kWidth, kWidth);
  weights.linear(pool + "mlp.fc2", kWidth, 4 * kWidth);
  weights.linear(trunk + "head", kWidth, kWidth);
  weights.add("text.token_embedding.weight", {kVocabulary, kWidth});
  weights.add("text.positional_embedding", {kContext, kWidth});
  weights.norm(text_block + "ln_1");
  weights.norm(text_block + "ln_2");
  weights.add(text_block + "attn.in_proj_weight", {3 * kWidth, kWidth});
  weights.add(text_block + "attn.in_proj_bias", {3 * kWidth});
  weights.linear(text_block + "attn.out_proj", kWidth, kWidth);
  weights.linear(text_block + "mlp.c_fc", kMlp, kWidth);
  weights.linear(text_block + "mlp.c_proj", kWidth, kMlp);
  weights.norm("text.ln_final");
  weights.add("text.text_projection", {kWidth, kWidth});
  weights.add("logit_scale", {}, 2);
  weights.write(folder / "open_clip_model.safetensors");
  const nlohmann::json config{
      {"model_cfg",
       {{"embed_dim", kWidth},
        {"vision_cfg", {{"image_size", 2 * kPatch}, {"timm_model_name", "tiny"}, {"timm_pool", "map"}}},
        {"text_cfg", {{"context_length", kContext}, {"vocab_size", kVocabulary}, {"width", kWidth}, {"heads", 2}}}}},
      {"preprocess_cfg",
       {{"mean", {0.5, 0.5, 0.5}}, {"std", {0.5, 0.5, 0.5}}, {"interpolation", "bilinear"}, {"resize_mode", "squash"}}}};
  write_text(folder / "open_clip_config.json", config.dump());
  return folder.string();
}

std::string write_bundle(const fs::path& folder, const std::string& weights, const std::string& more) {
  write_text(folder / "vifi.json",
             R"({"format": "vifi-bundle", "version": 1, "weights": ")" + weights + "\"" + more + "}");
  return folder.string();
}

ScratchFolder::ScratchFolder() {
  static int count = 0;
  path_ = fs::temp_directory_path() / ("vifi-test-" + std::to_string(::getpid()) + "-" + std::to_string(count++));
  fs::create_directories(path_);
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

fs::path ScratchFolder::make(const std::string& name) const {
  fs::create_directories(path_ / name);
  return path_ / name;
}

}  // namespace vifi
