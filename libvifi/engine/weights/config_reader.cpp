#include "weights/config_reader.h"

#include <cmath>
#include <limits>
#include <utility>

#include "weights/weights_error.h"

namespace vifi {
namespace {

const nlohmann::json kNull;
const nlohmann::json kEmptyObject = nlohmann::json::object();

}  // namespace

ConfigReader::ConfigReader(const nlohmann::json& object, std::string path, std::string section)
    : object_(object), path_(std::move(path)), section_(std::move(section)) {
  if (!object.is_object()) {
    throw WeightsError(WeightsErrorKind::corrupt,
                       path_ + ": expected an object" + (section_.empty() ? "" : " under " + section_));
  }
}

bool ConfigReader::has(std::string_view key) const { return !value(key).is_null(); }

std::int64_t ConfigReader::integer(std::string_view key, std::int64_t fallback) const {
  const nlohmann::json& v = value(key);
  if (v.is_null()) {
    return fallback;
  }
  constexpr std::uint64_t kMax = std::numeric_limits<std::int32_t>::max();
  if (!v.is_number_unsigned() || v.get<std::uint64_t>() == 0 || v.get<std::uint64_t>() > kMax) {
    refuse(key, "a positive integer");
  }
  return v.get<std::int64_t>();
}

double ConfigReader::real(std::string_view key, double fallback) const {
  const nlohmann::json& v = value(key);
  if (v.is_null()) {
    return fallback;
  }
  if (!v.is_number() || !std::isfinite(v.get<double>()) || v.get<double>() <= 0) {
    refuse(key, "a positive number");
  }
  return v.get<double>();
}

bool ConfigReader::flag(std::string_view key, bool fallback) const {
  const nlohmann::json& v = value(key);
  if (v.is_null()) {
    return fallback;
  }
  if (!v.is_boolean()) {
    refuse(key, "true or false");
  }
  return v.get<bool>();
}

std::string ConfigReader::text(std::string_view key, std::string_view fallback) const {
  const nlohmann::json& v = value(key);
  if (v.is_null()) {
    return std::string(fallback);
  }
  if (!v.is_string()) {
    refuse(key, "a string");
  }
  return v.get<std::string>();
}

ConfigReader ConfigReader::section(std::string_view key) const {
  const nlohmann::json& v = value(key);
  const std::string name = section_.empty() ? std::string(key) : section_ + "." + std::string(key);
  return {v.is_null() ? kEmptyObject : v, path_, name};
}

const nlohmann::json& ConfigReader::value(std::string_view key) const {
  const auto it = object_.find(key);
  return it == object_.end() ? kNull : *it;
}

void ConfigReader::refuse(std::string_view key, const std::string& expected) const {
  std::string got = value(key).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
  constexpr std::size_t kLongest = 60;
  if (got.size() > kLongest) {
    got = got.substr(0, kLongest) + "…";
  }
  throw WeightsError(WeightsErrorKind::corrupt, place(key) + ": expected " + expected + ", got " + got);
}

std::string ConfigReader::place(std::string_view key) const {
  return path_ + ": " + (section_.empty() ? "" : section_ + ".") + std::string(key);
}

}  // namespace vifi
