#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "config/config_error.h"
#include "vifi/export.h"

namespace vifi::train {

/// A training's settings: the tree of sections and values of the reference's configuration files (yacs), under its
/// keys and with its defaults.
class VIFI_API Config {
 public:
  /// The reference's defaults.
  Config();

  const nlohmann::json& tree() const noexcept { return tree_; }

  /// Lays a tree over this one. Text that is a Python literal becomes its value; types must then equal the default's
  /// (a whole number may stand for a real one; null for anything).
  /// @param where  for messages: "run.yaml"
  /// @throws ConfigError(unknown_key, type_mismatch)
  void merge(const nlohmann::json& over, const std::string& where);
  /// Sets one value. @param key  dotted: "TRAIN.LR"
  void set(std::string_view key, const nlohmann::json& value, const std::string& where);

  /// @param key  dotted. @throws Error(invalid_argument) naming the key where the value is null or no such number
  std::int64_t integer(std::string_view key) const;
  double real(std::string_view key) const;
  bool flag(std::string_view key) const;
  /// Text; empty where it is null.
  std::string text(std::string_view key) const;
  /// A section or value as it is. @throws Error(internal) if there is none
  const nlohmann::json& at(std::string_view key) const;

 private:
  nlohmann::json tree_;
};

/// Arguments of the reference's command line that go into the tree, over everything else.
struct ConfigArguments {
  std::optional<std::int64_t> batch_size{};
  std::optional<std::int64_t> accumulation_steps{};
  std::optional<std::string> output{};
  std::optional<std::string> resume{};
  std::optional<std::string> pretrained{};
  bool only_test = false;
};

/// Later wins: defaults; the files that `BASE` lists, each after its own; the file; `opts`; `arguments`.
/// @param path  a YAML file; paths in BASE are relative to the file that names them
/// @param opts  KEY VALUE KEY VALUE …
/// @throws ConfigError
VIFI_API Config resolve_config(const std::string& path, const std::vector<std::string>& opts,
                                     const ConfigArguments& arguments);

/// What yaml_text wrote: a whole tree, in which BASE no longer names anything that is to be read.
/// @throws ConfigError
VIFI_API Config stored_config(const std::string& path);

/// The tree as YAML text, for people and for the next run.
VIFI_API std::string yaml_text(const Config& config);

}  // namespace vifi::train
