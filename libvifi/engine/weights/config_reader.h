#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace vifi {

/// Typed access to an untrusted JSON object: what is absent or null takes the default, what is wrong is an error that
/// names the file and the key. Refers to the object, which must outlive it.
class ConfigReader {
 public:
  /// @param path     the file, for messages
  /// @param section  dotted place of the object in the file; empty: the whole
  /// @throws WeightsError(corrupt) unless `object` is an object
  ConfigReader(const nlohmann::json& object, std::string path, std::string section = {});

  bool has(std::string_view key) const;
  std::int64_t integer(std::string_view key, std::int64_t fallback) const;  ///< 1..2^31-1
  double real(std::string_view key, double fallback) const;                 ///< finite, > 0
  bool flag(std::string_view key, bool fallback) const;
  std::string text(std::string_view key, std::string_view fallback) const;
  /// The object under a key; an empty one where it is absent.
  ConfigReader section(std::string_view key) const;
  const nlohmann::json& value(std::string_view key) const;  ///< null where it is absent

  [[noreturn]] void refuse(std::string_view key, const std::string& expected) const;
  /// "config.json: text_config.hidden_act", for messages
  std::string place(std::string_view key) const;

 private:
  const nlohmann::json& object_;
  std::string path_;
  std::string section_;
};

}  // namespace vifi
