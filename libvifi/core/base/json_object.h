#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "vifi/export.h"

namespace vifi {

/// Typed access to an untrusted JSON object. What is absent or null takes the default; what is wrong is an error that
/// names file and key. Refers to the object, which must outlive it. Not thread-safe (it notes which keys were asked).
class VIFI_API JsonObject {
 public:
  /// Throws the caller's kind of error for a message such as "vifi.json: window.frames: expected …, got …".
  using Refusal = std::function<void(const std::string& message)>;

  /// @param file    for messages
  /// @param refuse  must throw
  JsonObject(const nlohmann::json& object, std::string file, Refusal refuse);

  bool has(std::string_view key) const;
  std::int64_t integer(std::string_view key, std::int64_t fallback, std::int64_t most = INT32_MAX) const;  ///< 1..most
  double real(std::string_view key, double fallback) const;  ///< finite, > 0
  bool flag(std::string_view key, bool fallback) const;
  std::string text(std::string_view key, std::string_view fallback) const;  ///< without NUL characters
  /// A number for each of red, green and blue, finite. @param positive  none may be 0 or less
  std::array<float, 3> per_channel(std::string_view key, std::array<float, 3> fallback, bool positive) const;
  std::vector<std::string> texts(std::string_view key) const;               ///< a list of strings
  template <typename Enum, std::size_t N>
  using Words = std::array<std::pair<std::string_view, Enum>, N>;
  /// What the word under a key stands for; a word that is none of them is refused.
  template <typename Enum, std::size_t N>
  Enum choice(std::string_view key, Enum fallback, const Words<Enum, N>& words) const;
  /// The object under a key; an empty one where it is absent.
  JsonObject section(std::string_view key) const;
  const nlohmann::json& value(std::string_view key) const;  ///< null where it is absent

  /// Keys of the object that nobody has asked for, with their place: "preprocess.sise".
  std::vector<std::string> unknown_keys() const;

  [[noreturn]] void refuse(std::string_view key, const std::string& expected) const;
  /// "config.json: text_config.hidden_act", for messages
  std::string place(std::string_view key) const;

 private:
  JsonObject(const nlohmann::json& object, const JsonObject& parent, std::string section);
  void check() const;
  std::string dotted(std::string_view key) const;

  const nlohmann::json& object_;
  std::string file_;
  std::string section_;  ///< dotted place of the object in the file; empty: the whole
  Refusal refuse_;
  mutable std::set<std::string, std::less<>> asked_;
};

template <typename Enum, std::size_t N>
Enum JsonObject::choice(std::string_view key, Enum fallback, const Words<Enum, N>& words) const {
  if (!has(key)) {
    return fallback;
  }
  const std::string word = text(key, "");
  std::string names;
  for (const auto& [name, value] : words) {
    if (name == word) {
      return value;
    }
    names += (names.empty() ? "\"" : ", \"") + std::string(name) + "\"";
  }
  refuse(key, "one of " + names);
}

}  // namespace vifi
