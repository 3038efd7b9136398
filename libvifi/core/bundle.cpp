#include "vifi/bundle.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/json_object.h"
#include "base/sha256.h"
#include "video/preprocess_json.h"
#include "vifi/error.h"
#include "vifi/log.h"

namespace vifi {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFileName = "vifi.json";
constexpr std::size_t kMaxFileSize = 16 << 20;  // a label set of any size is far below

[[noreturn]] void refuse(const std::string& message) {
  throw Error(ErrorCode::corrupt, "[bundle] " + message, "docs/bundle.md lists every key");
}

fs::path file_of(const std::string& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored) ? fs::path(path) / kFileName : fs::path(path);
}

nlohmann::json read_json(const fs::path& path) {
  std::error_code ignored;
  if (!fs::exists(path, ignored)) {
    throw Error(ErrorCode::not_found, "[bundle] " + path.string() + " does not exist", "check the path");
  }
  std::ifstream stream;
  if (fs::is_regular_file(path, ignored)) {
    stream.open(path, std::ios::binary);
  }
  if (!stream.is_open()) {
    throw Error(ErrorCode::unreadable, "[bundle] " + path.string() + " cannot be read", "check that it is a readable file");
  }
  if (fs::file_size(path, ignored) > kMaxFileSize) {
    refuse(path.string() + ": more than " + std::to_string(kMaxFileSize) + " bytes");
  }
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  try {
    return parse_json(text);
  } catch (const std::invalid_argument& e) {
    refuse(path.string() + ": " + e.what());
  }
}

/// Reads one vifi.json.
class Reader {
 public:
  explicit Reader(const fs::path& file)
      : file_(file), folder_(fs::absolute(file).lexically_normal().parent_path()), json_(read_json(file)),
        root_(json_, file.string(), refuse) {}

  Bundle read() {
    check_version();
    Bundle bundle;
    bundle.folder = folder_.string();
    bundle.method = root_.text("method", "");
    bundle.weights = path_of(root_, "weights");
    if (bundle.weights.empty()) {
      root_.refuse("weights", "the name of a file in the folder");
    }
    bundle.base_weights = path_of(root_, "base_weights");
    read_tokenizer(bundle);
    if (root_.has("preprocess")) {
      const JsonObject preprocess = root_.section("preprocess");
      bundle.preprocess = preprocess_from(preprocess);
      note_unknown(preprocess);
    }
    if (root_.has("activation")) {
      const std::string name = root_.text("activation", "");
      if (name != "quick_gelu" && name != "gelu" && name != "gelu_tanh") {
        root_.refuse("activation", "one of \"quick_gelu\", \"gelu\", \"gelu_tanh\"");
      }
      bundle.activation = name;
    }
    read_templates(bundle);
    read_window(bundle);
    if (root_.has("temperature")) {
      bundle.temperature = root_.real("temperature", 1);
    }
    bundle.labels = root_.texts("labels");
    bundle.background_labels = root_.texts("background_labels");
    read_provenance(bundle);
    note_unknown(root_);
    warn_of_unknown_keys();
    return bundle;
  }

 private:
  void check_version() {
    if (root_.text("format", "") != "vifi-bundle") {
      throw Error(ErrorCode::unsupported, "[bundle] " + root_.place("format") + ": this is no vifi-bundle",
                  "give a bundle's folder or its vifi.json, or a checkpoint");
    }
    constexpr std::int64_t kVersion = 1;
    if (const std::int64_t version = root_.has("version") ? root_.integer("version", 0) : 0; version != kVersion) {
      throw Error(ErrorCode::unsupported,
                  "[bundle] " + root_.place("version") + ": expected 1, got " + std::to_string(version),
                  version > kVersion ? "this bundle was made for a newer vifi" : "add \"version\": 1");
    }
  }

  /// Absolute path of a file named in the bundle; empty where the key is absent.
  std::string path_of(const JsonObject& object, std::string_view key) const {
    if (!object.has(key)) {
      return {};
    }
    const fs::path name(object.text(key, ""));
    const bool leaves = name.is_absolute() || std::find(name.begin(), name.end(), "..") != name.end();
    if (name.empty() || leaves) {
      object.refuse(key, "a name inside the folder");
    }
    const fs::path path = folder_ / name;
    std::error_code ignored;
    if (!fs::exists(path, ignored)) {
      throw Error(ErrorCode::not_found, "[bundle] " + object.place(key) + ": " + path.string() + " does not exist",
                  "the bundle is incomplete: copy all of its files");
    }
    return path.string();
  }

  void read_tokenizer(Bundle& bundle) {
    const JsonObject tokenizer = root_.section("tokenizer");
    bundle.tokenizer_kind = tokenizer.text("kind", bundle.tokenizer_kind);
    bundle.tokenizer_file = path_of(tokenizer, "file");
    if (bundle.tokenizer_kind != "clip-bpe" && bundle.tokenizer_kind != "sentencepiece") {
      tokenizer.refuse("kind", "\"clip-bpe\" or \"sentencepiece\"");
    }
    if (bundle.tokenizer_kind == "sentencepiece" && bundle.tokenizer_file.empty()) {
      tokenizer.refuse("file", "the tokenizer's model file");
    }
    if (tokenizer.has("cleaning")) {
      bundle.tokenizer_cleaning = tokenizer.choice<TextCleaning, 2>(
          "cleaning", TextCleaning::open_clip,
          {{{"open_clip", TextCleaning::open_clip}, {"hugging_face", TextCleaning::hugging_face}}});
    }
    read_pad_id(tokenizer, bundle);
    note_unknown(tokenizer);
  }

  void read_pad_id(const JsonObject& tokenizer, Bundle& bundle) const {
    const nlohmann::json& id = tokenizer.value("pad_id");
    if (id.is_null()) {
      return;
    }
    if (!id.is_number_unsigned() || id.get<std::uint64_t>() > INT32_MAX) {
      tokenizer.refuse("pad_id", "a token id");
    }
    bundle.tokenizer_pad_id = id.get<std::int64_t>();
  }

  void read_templates(Bundle& bundle) {
    bundle.templates = root_.texts("prompt_templates");
    if (root_.has("prompt_template")) {
      if (!bundle.templates.empty()) {
        root_.refuse("prompt_template", "either prompt_template or prompt_templates");
      }
      bundle.templates.push_back(root_.text("prompt_template", ""));
    }
    for (const std::string& line : bundle.templates) {
      if (line.find("{}") == std::string::npos) {
        root_.refuse(root_.has("prompt_template") ? "prompt_template" : "prompt_templates",
                     "a sentence with {} for the label");
      }
    }
  }

  void read_window(Bundle& bundle) {
    constexpr std::int64_t kMostFrames = 4096;
    const JsonObject window = root_.section("window");
    if (window.has("frames")) {
      bundle.frames = static_cast<int>(window.integer("frames", 1, kMostFrames));
    }
    if (window.has("duration_ns")) {
      bundle.window_ns = window.integer("duration_ns", 1, INT64_MAX);
    }
    if (window.has("hop_ns")) {
      bundle.hop_ns = window.integer("hop_ns", 1, INT64_MAX);
    }
    note_unknown(window);
  }

  void read_provenance(Bundle& bundle) {
    const JsonObject provenance = root_.section("provenance");
    for (const std::string_view free_form : {"source", "licence", "trained_on", "scores"}) {
      provenance.value(free_form);  // for people; anything may stand there
    }
    bundle.weights_sha256 = provenance.text("sha256", "");
    std::transform(bundle.weights_sha256.begin(), bundle.weights_sha256.end(), bundle.weights_sha256.begin(),
                   [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c; });
    constexpr std::size_t kDigits = 64;
    const bool digits = bundle.weights_sha256.find_first_not_of("0123456789abcdef") == std::string::npos;
    if (provenance.has("sha256") && (!digits || bundle.weights_sha256.size() != kDigits)) {
      provenance.refuse("sha256", "64 hexadecimal digits");
    }
    note_unknown(provenance);
  }

  void note_unknown(const JsonObject& object) {
    const std::vector<std::string> keys = object.unknown_keys();
    unknown_.insert(unknown_.end(), keys.begin(), keys.end());
  }

  void warn_of_unknown_keys() const {
    std::string names;
    for (const std::string& name : unknown_) {
      names += (names.empty() ? "" : ", ") + name;
    }
    if (!names.empty()) {
      log(LogLevel::warning, "[bundle] " + file_.string() + ": unknown keys are ignored: " + names);
    }
  }

  fs::path file_;
  fs::path folder_;
  nlohmann::json json_;
  JsonObject root_;
  std::vector<std::string> unknown_;
};

}  // namespace

bool is_bundle(const std::string& path) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) {
    return fs::exists(fs::path(path) / kFileName, ignored);
  }
  return fs::path(path).extension() == ".json";
}

Bundle read_bundle(const std::string& path) { return Reader(file_of(path)).read(); }

void verify_weights(const Bundle& bundle) {
  constexpr std::uintmax_t kCheapSize = 256 << 20;
  std::error_code ignored;
  if (bundle.weights_sha256.empty() || !fs::is_regular_file(bundle.weights, ignored)) {
    return;
  }
  if (!Sha256::is_fast() && fs::file_size(bundle.weights, ignored) > kCheapSize) {
    log(LogLevel::info, "[bundle] the checksum of " + bundle.weights +
                            " was not verified: this processor would take seconds for it");
    return;
  }
  if (const std::string sum = sha256_of_file(bundle.weights); sum != bundle.weights_sha256) {
    throw Error(ErrorCode::corrupt,
                "[bundle] " + bundle.weights + ": expected sha256 " + bundle.weights_sha256 + ", got " + sum,
                "the file was changed or damaged: copy it again, or correct provenance.sha256 in vifi.json");
  }
}

}  // namespace vifi
