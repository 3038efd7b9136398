#include "convert.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

#include <ATen/ops/all.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/isfinite.h>
#include <nlohmann/json.hpp>

#include "base/atomic_file.h"
#include "base/atomic_folder.h"
#include "base/sha256.h"
#include "load_model.h"
#include "model_source.h"
#include "video/preprocess_json.h"
#include "vifi/error.h"
#include "vifi/log.h"
#include "weights/clip_export.h"
#include "weights/safetensors_writer.h"
#include "weights/torch_archive.h"
#include "weights/torch_writer.h"

namespace vifi {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* kOperation = "convert";

ClipWeights weights_of(const ModelSource& source) {
  ClipOverrides overrides = source.method.overrides;
  overrides.base = source.method.base ? &*source.method.base : nullptr;
  return clip_weights(source.method.checkpoint, overrides);
}

/// Was this what was meant to be written? Values are compared as float32, which every stored type fits into.
void expect_equal(const std::string& path, const TensorMap& written, const TensorMap& read) {
  for (const auto& [name, tensor] : written) {
    const auto found = read.find(name);
    if (found == read.end() || !at::equal(to_float32(found->second), to_float32(tensor))) {
      throw Error(ErrorCode::corrupt, "[convert] " + path + ": " + name + " was not read back as it was written",
                  "check the disk; nothing was left");
    }
  }
}

void verify(const std::string& path, const ClipWeights& written, const ModelSource& read_back) {
  const ClipWeights read = weights_of(read_back);
  expect_equal(path, written.tensors, read.tensors);
  expect_equal(path, written.prompts, read.prompts);
  if (!(read.config == written.config) || read.prompts.size() != written.prompts.size()) {
    throw Error(ErrorCode::unsupported,
                "[convert] " + path + ": this layout cannot say all of the model's architecture; nothing was left",
                "convert to a bundle or to Hugging Face's layout");
  }
}

void write_json(const fs::path& path, const Json& json) {
  AtomicFile file(path.string(), kOperation);
  file.write(json.dump(2) + "\n");
  file.commit();
}

void write_tensors(const fs::path& path, const NamedTensors& tensors) {
  AtomicFile file(path.string(), kOperation);
  write_safetensors(file, tensors);
  file.commit();
}

/// One conversion, whose parts share what was read.
class Conversion {
 public:
  explicit Conversion(const ConvertOptions& options) : options_(options) {
    expect_nothing_at(options.output, kOperation);
    if (options.with.empty() && options.interpolation != 0) {
      throw Error(ErrorCode::invalid_argument, "[convert] interpolation without weights to interpolate with",
                  "give --with CLIP.pt");
    }
    source_ = read_source(options.input);
    if (const std::string& base = options.base.empty() ? options.with : options.base;
        !base.empty() && (!options.base.empty() || !source_.method.base)) {
      source_.method.base = std::move(read_source(base).method.checkpoint);
    }
    weights_ = weights_of(source_);
    if (!options.average.empty()) {
      weights_ = averaged_with(options.average);
    }
    if (!options.with.empty()) {
      weights_ = interpolated(weights_, weights_of(read_source(options.with)), options.interpolation);
    }
    if (options.half) {
      halve(weights_.tensors);
      halve(weights_.prompts);
    }
  }

  ConvertReport run() {
    switch (options_.layout) {
      case WeightsLayout::bundle: write_folder([&](const fs::path& folder) { write_bundle(folder); }); break;
      case WeightsLayout::open_clip: write_folder([&](const fs::path& folder) { write_open_clip(folder); }); break;
      case WeightsLayout::hugging_face: write_folder([&](const fs::path& folder) { write_hugging_face(folder); }); break;
      case WeightsLayout::safetensors:
        write_file([&](AtomicFile& file) { write_safetensors(file, counted(named_tensors(weights_, own_layout()))); });
        break;
      case WeightsLayout::vifi_clip:
        write_file([&](AtomicFile& file) {
          write_torch_archive(file, authors_content(), fs::path(options_.output).stem().string());
        });
        break;
    }
    return report_;
  }

 private:
  void halve(TensorMap& tensors) const {
    for (auto& [name, tensor] : tensors) {
      at::Tensor half = tensor.to(at::kHalf);
      if (!at::isfinite(half).all().item<bool>()) {
        throw Error(ErrorCode::unsupported, "[convert] " + options_.input + ": " + name + " has values beyond float16's 65504",
                    "convert without --half");
      }
      tensor = std::move(half);
    }
  }

  /// The layout that keeps what the weights are: frames are prepared in another way for the authors' weights.
  Layout own_layout() const { return weights_.format == "vifi_clip" ? Layout::vifi_clip : Layout::openai; }

  NamedTensors counted(NamedTensors tensors) {
    report_.tensors = static_cast<std::int64_t>(tensors.size());
    return tensors;
  }

  template <typename Write>
  void write_folder(const Write& write) {
    AtomicFolder folder(options_.output, kOperation);
    write(fs::path(folder.part()));
    const ModelSource read_back = read_source(folder.part());
    verify(options_.output, weights_, read_back);
    tell_lost_preparation(read_back);
    for (const auto& entry : fs::recursive_directory_iterator(folder.part())) {
      report_.bytes += entry.is_regular_file() ? static_cast<std::int64_t>(entry.file_size()) : 0;
    }
    folder.commit();
  }

  template <typename Write>
  void write_file(const Write& write) {
    AtomicFile file(options_.output, kOperation);
    write(file);
    ModelSource read_back = read_source(file.flush());
    read_back.method.base = source_.method.base;
    read_back.method.overrides = source_.method.overrides;
    verify(options_.output, weights_, read_back);
    read_back.method.overrides.preprocess.reset();  // the file must say it alone
    tell_lost_preparation(read_back);
    report_.bytes = static_cast<std::int64_t>(file.size());
    file.commit();
  }

  /// A bundle says how frames become images; in other layouts that is what the format implies.
  void tell_lost_preparation(const ModelSource& read_back) const {
    if (preprocess_json(inspect_source(read_back).info.preprocess) != preprocess_json(report_of_input().info.preprocess)) {
      log(LogLevel::warning, "[convert] " + options_.output + " does not say how this model's frames are prepared, and will be " +
                                 "taken for one with another preparation; a bundle says it (--to bundle)");
    }
  }

  void write_open_clip(const fs::path& folder) {
    const PreprocessSpec preprocess = report_of_input().info.preprocess;
    write_tensors(folder / "open_clip_model.safetensors", counted(named_tensors(weights_, Layout::openai)));
    write_json(folder / "open_clip_config.json",
               {{"model_cfg", open_clip_config(weights_.config)},
                {"preprocess_cfg",
                 {{"mean", preprocess.mean},
                  {"std", preprocess.std},
                  {"interpolation", preprocess.interpolation == Interpolation::bicubic ? "bicubic" : "bilinear"},
                  {"resize_mode", preprocess.resize == ResizeMode::squash ? "squash" : "shortest"}}}});
  }

  void write_hugging_face(const fs::path& folder) {
    write_tensors(folder / "model.safetensors", counted(named_tensors(weights_, Layout::hugging_face)));
    write_json(folder / "config.json", hugging_face_config(weights_.config));
  }

  /// Names alone tell the architecture where it is OpenAI's usual one; else a folder with a configuration is put inside.
  bool told_by_names() const {
    const ClipConfig& config = weights_.config;
    const auto usual = [](const TowerConfig& tower) {
      constexpr std::int64_t kHeadWidth = 64;
      return tower.layer_norm_eps == TowerConfig{}.layer_norm_eps &&
             tower.heads == std::max<std::int64_t>(1, tower.width / kHeadWidth);
    };
    return usual(config.vision) && usual(config.text) && config.text_pool == TextPool::argmax &&
           config.vision.activation == config.text.activation && config.image_width == config.image_height;
  }

  void write_bundle(const fs::path& folder) {
    Json json = described_bundle();
    json["weights"] = "weights.safetensors";
    if (told_by_names()) {
      json["activation"] = name_of(weights_.config.vision.activation);
      write_tensors(folder / "weights.safetensors", counted(named_tensors(weights_, own_layout())));
      json["provenance"]["sha256"] = sha256_of_file((folder / "weights.safetensors").string());
    } else {
      json["weights"] = "weights";
      json.erase("activation");
      fs::create_directory(folder / "weights");
      write_hugging_face(folder / "weights");
    }
    write_json(folder / "vifi.json", json);
  }

  /// What the input's vifi.json says, and what it or a bare checkpoint leaves to the method.
  Json described_bundle() const {
    Json json{{"format", "vifi-bundle"}, {"version", 1}};
    if (source_.bundle) {
      const fs::path path(source_.path);
      std::ifstream stream(fs::is_directory(path) ? path / "vifi.json" : path, std::ios::binary);
      json = Json::parse(std::string{std::istreambuf_iterator<char>(stream), {}});
    }
    json.erase("base_weights");
    const ModelInfo info = report_of_input().info;
    json["method"] = info.method;
    json["tokenizer"] = {{"kind", "clip-bpe"}};
    if (!json.contains("preprocess")) {
      json["preprocess"] = preprocess_json(info.preprocess);
    }
    if (!json.contains("prompt_template") && !json.contains("prompt_templates")) {
      json["prompt_template"] = info.templates.front();
    }
    if (!json.contains("window")) {
      json["window"] = {{"frames", info.frames}, {"duration_ns", info.window_ns}, {"hop_ns", info.hop_ns}};
    }
    std::string origin = fs::path(source_.path).filename().string();
    if (!options_.average.empty()) {
      origin = "the mean of " + origin;
      for (const std::string& path : options_.average) {
        origin += ", " + fs::path(path).filename().string();
      }
    }
    if (!options_.with.empty()) {
      origin += " with a share of " + Json(options_.interpolation).dump() + " of " +
                fs::path(options_.with).filename().string();
    }
    Json& provenance = json["provenance"];
    if (!provenance.is_object()) {
      provenance = Json::object();
    }
    if (!provenance.contains("source") || changed()) {
      provenance["source"] = origin;
    }
    provenance.erase("sha256");
    return json;
  }

  /// The input's weights and those of `others`, averaged; what these lack comes from where the input's comes from.
  ClipWeights averaged_with(const std::vector<std::string>& others) {
    const auto preparation = preprocess_json(report_of_input().info.preprocess);
    std::string behind_another;
    std::vector<ClipWeights> models{weights_};
    for (const std::string& path : others) {
      ModelSource other = read_source(path);
      if (!other.method.base) {
        other.method.base = source_.method.base;
      }
      models.push_back(weights_of(other));
      if (preprocess_json(inspect_source(other).info.preprocess) != preparation) {
        behind_another = path;
      }
    }
    ClipWeights mean = averaged(models);
    if (!behind_another.empty()) {
      throw Error(ErrorCode::invalid_argument,
                  "[convert] " + behind_another + ": wants its frames prepared in another way than " + options_.input,
                  "average weights that were trained behind the same preparation (vifi inspect FILE shows it)");
    }
    return mean;
  }

  bool changed() const { return !options_.with.empty() || !options_.average.empty(); }

  ModelReport report_of_input() const { return inspect_source(source_); }

  /// What the authors' program saves. Of a file of theirs everything is kept, the configuration as a plain dict; what
  /// belongs to a training loses its meaning where the weights were changed.
  TorchDict authors_content() {
    const bool theirs = weights_.format == "vifi_clip" && source_.method.checkpoint.container == "torch" &&
                        source_.method.checkpoint.entry == "model";
    TorchDict content;
    content.add("model", authors_model());
    if (theirs) {
      const TorchValue original = read_torch_value(source_.method.checkpoint.path);
      for (const auto& [key, value] : original.as<TorchDict>()->items) {
        const auto* name = key.as<std::string>();
        const bool of_training = name != nullptr && (*name == "optimizer" || *name == "lr_scheduler");
        if (name == nullptr || (*name != "model" && !(changed() && of_training))) {
          content.add(key, value);
        }
      }
    }
    const auto add_missing = [&](const char* key, TorchValue value) {
      if (content.find(key) == nullptr) {
        content.add(key, std::move(value));
      }
    };
    add_missing("max_accuracy", 0.0);
    add_missing("epoch", 0);
    add_missing("config", TorchDict());
    return content;
  }

  TorchDict authors_model() {
    NamedTensors tensors = named_tensors(weights_, Layout::vifi_clip);
    const TensorMap stored = without_wrapper_prefixes(source_.method.checkpoint.tensors);
    if (weights_.format == "vifi_clip" && !stored.contains("token_embedding.weight")) {
      tensors.pop_back();  // their program takes the token embedding from CLIP
    }
    TorchDict model;
    model.ordered = true;
    for (auto& [name, tensor] : counted(std::move(tensors))) {
      model.add("module." + name, tensor);
    }
    return model;
  }

  const ConvertOptions& options_;
  ModelSource source_;
  ClipWeights weights_;
  ConvertReport report_;
};

}  // namespace

ConvertReport convert_weights(const ConvertOptions& options) { return Conversion(options).run(); }

}  // namespace vifi
