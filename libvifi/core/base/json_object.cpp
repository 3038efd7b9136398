#include "base/json_object.h"

#include <cmath>
#include <stdexcept>
#include <utility>

namespace vifi {
namespace {

const nlohmann::json& null_value() {
  static const nlohmann::json kNull;
  return kNull;
}

const nlohmann::json& empty_object() {
  static const nlohmann::json kEmpty = nlohmann::json::object();
  return kEmpty;
}

/// A value as it is printed in a message.
std::string excerpt(const nlohmann::json& value) {
  constexpr std::size_t kLongest = 60;
  std::string text = value.dump(-1, ' ', true);  // ASCII, so that it can be cut anywhere
  return text.size() > kLongest ? text.substr(0, kLongest) + "…" : text;
}

}  // namespace

JsonObject::JsonObject(const nlohmann::json& object, std::string file, Refusal refuse)
    : object_(object), file_(std::move(file)), refuse_(std::move(refuse)) {
  check();
}

JsonObject::JsonObject(const nlohmann::json& object, const JsonObject& parent, std::string section)
    : object_(object), file_(parent.file_), section_(std::move(section)), refuse_(parent.refuse_) {
  check();
}

void JsonObject::check() const {
  if (!object_.is_object()) {
    refuse_(file_ + ": " + (section_.empty() ? "" : section_ + ": ") + "expected an object, got " + excerpt(object_));
    throw std::logic_error("a refusal must throw");
  }
}

bool JsonObject::has(std::string_view key) const { return !value(key).is_null(); }

std::int64_t JsonObject::integer(std::string_view key, std::int64_t fallback, std::int64_t most) const {
  const nlohmann::json& v = value(key);
  if (v.is_null()) {
    return fallback;
  }
  // An unsigned value above the signed range turns negative here.
  if (!v.is_number_integer() || v.get<std::int64_t>() < 1 || v.get<std::int64_t>() > most) {
    refuse(key, "an integer from 1 to " + std::to_string(most));
  }
  return v.get<std::int64_t>();
}

double JsonObject::real(std::string_view key, double fallback) const {
  const nlohmann::json& v = value(key);
  if (v.is_null()) {
    return fallback;
  }
  if (!v.is_number() || !std::isfinite(v.get<double>()) || v.get<double>() <= 0) {
    refuse(key, "a positive number");
  }
  return v.get<double>();
}

bool JsonObject::flag(std::string_view key, bool fallback) const {
  const nlohmann::json& v = value(key);
  if (v.is_null()) {
    return fallback;
  }
  if (!v.is_boolean()) {
    refuse(key, "true or false");
  }
  return v.get<bool>();
}

std::string JsonObject::text(std::string_view key, std::string_view fallback) const {
  const nlohmann::json& v = value(key);
  if (v.is_null()) {
    return std::string(fallback);
  }
  if (!v.is_string() || v.get_ref<const std::string&>().find('\0') != std::string::npos) {
    refuse(key, "a string");
  }
  return v.get<std::string>();
}

std::array<float, 3> JsonObject::per_channel(std::string_view key, std::array<float, 3> fallback,
                                             bool positive) const {
  const nlohmann::json& given = this->value(key);
  if (given.is_null()) {
    return fallback;
  }
  std::array<float, 3> result{};
  bool fine = given.is_array() && given.size() == result.size();
  for (std::size_t i = 0; fine && i < result.size(); ++i) {
    fine = given[i].is_number() && std::isfinite(given[i].get<float>()) && (!positive || given[i].get<float>() > 0);
    result[i] = fine ? given[i].get<float>() : 0;
  }
  if (!fine) {
    refuse(key, positive ? "three positive numbers" : "three numbers");
  }
  return result;
}

std::vector<std::string> JsonObject::texts(std::string_view key) const {
  const nlohmann::json& v = value(key);
  std::vector<std::string> items;
  if (v.is_null()) {
    return items;
  }
  if (!v.is_array()) {
    refuse(key, "a list of strings");
  }
  for (const nlohmann::json& item : v) {
    if (!item.is_string()) {
      refuse(key, "a list of strings");
    }
    items.push_back(item.get<std::string>());
  }
  return items;
}

JsonObject JsonObject::section(std::string_view key) const {
  const nlohmann::json& v = value(key);
  return {v.is_null() ? empty_object() : v, *this, dotted(key)};
}

const nlohmann::json& JsonObject::value(std::string_view key) const {
  asked_.emplace(key);
  const auto it = object_.find(key);
  return it == object_.end() ? null_value() : *it;
}

std::vector<std::string> JsonObject::unknown_keys() const {
  std::vector<std::string> unknown;
  for (const auto& [key, item] : object_.items()) {
    if (asked_.count(key) == 0) {
      unknown.push_back(dotted(key));
    }
  }
  return unknown;
}

void JsonObject::refuse(std::string_view key, const std::string& expected) const {
  refuse_(place(key) + ": expected " + expected + ", got " + (has(key) ? excerpt(value(key)) : "nothing"));
  throw std::logic_error("a refusal must throw");
}

std::string JsonObject::place(std::string_view key) const { return file_ + ": " + dotted(key); }

std::string JsonObject::dotted(std::string_view key) const {
  return section_.empty() ? std::string(key) : section_ + "." + std::string(key);
}

}  // namespace vifi
