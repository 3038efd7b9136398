#include <algorithm>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>

#include <yaml-cpp/yaml.h>

#include "config/config.h"

namespace vifi::train {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr std::uintmax_t kMaxFileSize = 1 << 20;
constexpr int kDeepest = 8;         // of a value
constexpr int kMaxNodes = 10'000;   // aliases included
constexpr int kMaxParents = 32;     // a BASE chain

bool one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

/// YAML 1.1's numbers need a dot to be real and a sign in the exponent: `8e-06` is text there, which the reference
/// then reads as a Python literal; both ways give the same number, so that decoding is left to it. Python's literals
/// know neither `yes` nor `~`, which are decided here.
json plain_scalar(const std::string& text) {
  if (one_of(text, {"", "~", "null", "Null", "NULL"})) {
    return nullptr;
  }
  if (one_of(text, {"yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"})) {
    return true;
  }
  if (one_of(text, {"no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"})) {
    return false;
  }
  if (one_of(text, {".inf", ".Inf", ".INF", "+.inf"})) {
    return std::numeric_limits<double>::infinity();
  }
  return text;
}

class Converter {
 public:
  explicit Converter(std::string path) : path_(std::move(path)) {}

  json convert(const YAML::Node& node, int depth = 0) {
    if (depth > kDeepest || ++nodes_ > kMaxNodes) {
      refuse(node, "nests too deep or refers to itself");
    }
    switch (node.Type()) {
      case YAML::NodeType::Undefined:
      case YAML::NodeType::Null: return nullptr;
      case YAML::NodeType::Scalar: return node.Tag() == "!" ? json(node.Scalar()) : plain_scalar(node.Scalar());
      case YAML::NodeType::Sequence: {
        json list = json::array();
        for (const YAML::Node& item : node) {
          list.push_back(convert(item, depth + 1));
        }
        return list;
      }
      case YAML::NodeType::Map: return section(node, depth);
    }
    return nullptr;
  }

 private:
  [[noreturn]] void refuse(const YAML::Node& node, const std::string& what) const {
    throw ConfigError(ConfigErrorKind::malformed, path_ + ", line " + std::to_string(node.Mark().line + 1) + ": " + what);
  }

  json section(const YAML::Node& node, int depth) {
    json object = json::object();
    for (const auto& entry : node) {
      if (!entry.first.IsScalar()) {
        refuse(entry.first, "a key that is no text");
      }
      const std::string& key = entry.first.Scalar();
      if (!object.emplace(key, convert(entry.second, depth + 1)).second) {
        refuse(entry.first, key + " occurs twice");
      }
    }
    return object;
  }

  std::string path_;
  int nodes_ = 0;
};

std::string read_text(const fs::path& path, const std::string& named_by) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) {
    throw ConfigError(ConfigErrorKind::file_not_found,
                      path.string() + " does not exist" + (named_by.empty() ? "" : ", which BASE of " + named_by + " names"));
  }
  if (fs::file_size(path, error) > kMaxFileSize) {
    throw ConfigError(ConfigErrorKind::malformed, path.string() + ": larger than any configuration");
  }
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf() || file.eof())) {
    throw Error(ErrorCode::unreadable, "[read configuration] " + path.string() + ": cannot be read");
  }
  return text.str();
}

json read_yaml(const fs::path& path, const std::string& named_by) {
  const std::string text = read_text(path, named_by);
  json tree;
  try {
    tree = Converter(path.string()).convert(YAML::Load(text));
  } catch (const YAML::Exception& error) {
    throw ConfigError(ConfigErrorKind::malformed, path.string() + ", line " + std::to_string(error.mark.line + 1) + ": " +
                                                      error.msg);
  }
  if (!tree.is_null() && !tree.is_object()) {
    throw ConfigError(ConfigErrorKind::malformed, path.string() + ": expected sections with keys");
  }
  return tree.is_null() ? json::object() : tree;
}

void merge_file(Config& config, const fs::path& path, const std::string& named_by, int depth) {
  if (depth > kMaxParents) {
    throw ConfigError(ConfigErrorKind::malformed, path.string() + ": its BASE chain has no end");
  }
  const json tree = read_yaml(path, named_by);
  if (const auto base = tree.find("BASE"); base != tree.end() && base->is_array()) {
    for (const json& parent : *base) {
      if (parent.is_string() && !parent.get_ref<const std::string&>().empty()) {
        merge_file(config, path.parent_path() / parent.get<std::string>(), path.string(), depth + 1);
      }
    }
  }
  config.merge(tree, path.string());
}

void emit(YAML::Emitter& out, const json& value) {
  if (value.is_object()) {
    out << YAML::BeginMap;
    for (const auto& [key, child] : value.items()) {
      out << YAML::Key << key << YAML::Value;
      emit(out, child);
    }
    out << YAML::EndMap;
  } else if (value.is_array()) {
    out << YAML::Flow << YAML::BeginSeq;
    for (const json& child : value) {
      emit(out, child);
    }
    out << YAML::EndSeq;
  } else if (value.is_string()) {
    out << YAML::DoubleQuoted << value.get<std::string>();
  } else if (value.is_null()) {
    out << YAML::Null;
  } else {
    out << value.dump();  // numbers, true, false: JSON's spelling is YAML's
  }
}

}  // namespace

Config resolve_config(const std::string& path, const std::vector<std::string>& opts, const ConfigArguments& arguments) {
  Config config;
  merge_file(config, path, "", 0);
  if (opts.size() % 2 != 0) {
    throw ConfigError(ConfigErrorKind::odd_opts, "--opts: expected KEY VALUE pairs, got " + std::to_string(opts.size()) +
                                                     " words, the last of them " + opts.back());
  }
  for (std::size_t i = 0; i < opts.size(); i += 2) {
    config.set(opts[i], opts[i + 1], "--opts");
  }
  const auto over = [&](const char* key, const auto& value) {
    if (value) {
      config.set(key, json(*value), "command line");
    }
  };
  over("TRAIN.BATCH_SIZE", arguments.batch_size);
  over("TRAIN.ACCUMULATION_STEPS", arguments.accumulation_steps);
  over("MODEL.PRETRAINED", arguments.pretrained);
  over("MODEL.RESUME", arguments.resume);
  over("OUTPUT", arguments.output);
  if (arguments.only_test) {
    config.set("TEST.ONLY_TEST", true, "command line");
  }
  return config;
}

Config stored_config(const std::string& path) {
  Config config;
  config.merge(read_yaml(path, ""), path);
  return config;
}

std::string yaml_text(const Config& config) {
  YAML::Emitter out;
  emit(out, config.tree());
  return std::string(out.c_str()) + "\n";
}

}  // namespace vifi::train
