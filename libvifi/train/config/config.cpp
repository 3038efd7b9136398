#include "config/config.h"

#include <utility>

#include "config/defaults.h"
#include "config/python_literal.h"

namespace vifi::train {
namespace {

using nlohmann::json;

/// What a value of a file or of `--opts` means.
json decoded(const json& value) {
  if (!value.is_string()) {
    return value;
  }
  auto literal = python_literal(value.get_ref<const std::string&>());
  return literal ? std::move(*literal) : value;
}

std::string_view type_of(const json& value) {
  if (value.is_boolean()) return "true or false";
  if (value.is_number_integer()) return "an integer";
  if (value.is_number()) return "a number";
  if (value.is_string()) return "text";
  if (value.is_array()) return "a list";
  return value.is_object() ? "a section" : "null";
}

void assign(json& place, const json& value, const std::string& key, const std::string& where) {
  const json meant = decoded(value);
  if (place.is_number_float() && meant.is_number_integer()) {
    place = meant.get<double>();
    return;
  }
  const bool section = place.is_object() || meant.is_object();
  const bool free = place.is_null() || meant.is_null();
  if (section || (!free && type_of(place) != type_of(meant))) {
    throw ConfigError(ConfigErrorKind::type_mismatch,
                      where + ": " + key + ": expected " + std::string(type_of(place)) + ", got " +
                          (meant.is_object() ? "a section" : meant.dump()));
  }
  place = meant;
}

[[noreturn]] void refuse_key(const std::string& key, const json& section, const std::string& where) {
  std::string known;
  for (const auto& [name, value] : section.items()) {
    known += (known.empty() ? "" : ", ") + name;
  }
  throw ConfigError(ConfigErrorKind::unknown_key, where + ": " + key + " is no key of the configuration",
                    "there are " + known);
}

/// The value under a dotted key, or null where there is none. @param last_section  where the search ended
template <typename Json>
Json* find(Json& tree, std::string_view key, Json** last_section) {
  Json* node = &tree;
  while (true) {
    *last_section = node;
    const std::size_t dot = key.find('.');
    if (!node->is_object()) {
      return nullptr;
    }
    const auto found = node->find(std::string(key.substr(0, dot)));
    if (found == node->end()) {
      return nullptr;
    }
    node = &*found;
    if (dot == std::string_view::npos) {
      return node;
    }
    key.remove_prefix(dot + 1);
  }
}

/// Puts a key of our own into its section, so that it can be assigned. @return is it one?
bool take_own_key(json& section, std::string_view key) {
  const json* end = nullptr;
  const json* value = find(own_config(), key, &end);
  if (value == nullptr || value->is_object()) {
    return false;
  }
  section[std::string(key.substr(key.rfind('.') + 1))] = *value;
  return true;
}

void merge_section(json& section, const json& over, const std::string& prefix, const std::string& where) {
  for (const auto& [name, value] : over.items()) {
    const std::string key = prefix + name;
    auto found = section.find(name);
    if (found == section.end() && take_own_key(section, key)) {
      found = section.find(name);
    }
    if (found == section.end()) {
      refuse_key(key, section, where);
    }
    if (found->is_object() && value.is_object()) {
      merge_section(*found, value, key + ".", where);
    } else {
      assign(*found, value, key, where);
    }
  }
}

[[noreturn]] void refuse_value(std::string_view key, const std::string& expected, const json& got) {
  throw Error(ErrorCode::invalid_argument,
              "[read configuration] " + std::string(key) + ": expected " + expected + ", got " + got.dump());
}

}  // namespace

std::string_view name_of(ConfigErrorKind kind) noexcept {
  switch (kind) {
    case ConfigErrorKind::file_not_found: return "file_not_found";
    case ConfigErrorKind::malformed: return "malformed";
    case ConfigErrorKind::unknown_key: return "unknown_key";
    case ConfigErrorKind::type_mismatch: return "type_mismatch";
    case ConfigErrorKind::odd_opts: return "odd_opts";
  }
  return "";
}

ConfigError::ConfigError(ConfigErrorKind kind, const std::string& message, std::string hint)
    : Error(kind == ConfigErrorKind::file_not_found ? ErrorCode::not_found : ErrorCode::invalid_argument,
            "[read configuration] " + message, std::move(hint)),
      kind_(kind) {}

ConfigError::~ConfigError() = default;

Config::Config() : tree_(default_config()) {}

void Config::merge(const json& over, const std::string& where) { merge_section(tree_, over, "", where); }

void Config::set(std::string_view key, const json& value, const std::string& where) {
  json* section = nullptr;
  json* place = find(tree_, key, &section);
  if (place == nullptr && take_own_key(*section, key)) {
    place = find(tree_, key, &section);
  }
  if (place == nullptr) {
    refuse_key(std::string(key), *section, where);
  }
  assign(*place, value, std::string(key), where);
}

const json& Config::at(std::string_view key) const {
  const json* section = nullptr;
  const json* place = find(tree_, key, &section);
  if (place == nullptr) {
    throw Error(ErrorCode::internal, "[read configuration] " + std::string(key) + ": no such key");
  }
  return *place;
}

std::int64_t Config::integer(std::string_view key) const {
  const json& value = at(key);
  if (!value.is_number_integer()) {
    refuse_value(key, "an integer", value);
  }
  return value.get<std::int64_t>();
}

double Config::real(std::string_view key) const {
  const json& value = at(key);
  if (!value.is_number()) {
    refuse_value(key, "a number", value);
  }
  return value.get<double>();
}

bool Config::flag(std::string_view key) const {
  const json& value = at(key);
  if (!value.is_boolean()) {
    refuse_value(key, "true or false", value);
  }
  return value.get<bool>();
}

std::string Config::text(std::string_view key) const {
  const json& value = at(key);
  if (value.is_null()) {
    return {};
  }
  if (!value.is_string()) {
    refuse_value(key, "text", value);
  }
  return value.get<std::string>();
}

}  // namespace vifi::train
