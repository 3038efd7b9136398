#include "text/html_entities.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <unordered_map>

#include "text/code_pages.h"
#include "text/embedded.h"
#include "text/unicode.h"

namespace vifi::text {
namespace {

constexpr std::size_t kLongestName = 32;          // characters, without `&` and `;`
constexpr std::size_t kLongestCautiousName = 24;  // the same, without `#`
constexpr char32_t kReplacement = 0xFFFD;
constexpr char32_t kTooLarge = 0x110000;

/// Names are ASCII; keys point into the embedded text and are without semicolon.
class EntityTable {
 public:
  EntityTable() {
    std::string_view rest = embedded_html_entities();
    while (!rest.empty()) {
      std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(line.size() + 1);
      std::string_view name = line.substr(0, line.find(' '));
      Entity entity;
      for (line.remove_prefix(name.size()); !line.empty();) {
        std::uint32_t code_point = 0;
        const auto end = std::from_chars(line.data() + 1, line.data() + line.size(), code_point, 16).ptr;
        entity.characters += static_cast<char32_t>(code_point);
        line.remove_prefix(static_cast<std::size_t>(end - line.data()));
      }
      if (name.ends_with(';')) {
        entity.needs_semicolon = true;
        name.remove_suffix(1);
      }
      entities_.emplace(name, std::move(entity));
    }
  }

  std::optional<std::u32string> find(std::u32string_view name) const {
    std::string ascii;
    for (const char32_t c : name) {
      if (c > 0x7E) {
        return std::nullopt;
      }
      ascii += static_cast<char>(c);
    }
    const bool has_semicolon = ascii.ends_with(';');
    if (has_semicolon) {
      ascii.pop_back();
    }
    const auto entry = entities_.find(ascii);
    if (entry == entities_.end() || (entry->second.needs_semicolon && !has_semicolon)) {
      return std::nullopt;
    }
    return entry->second.characters;
  }

 private:
  struct Entity {
    std::u32string characters;
    bool needs_semicolon = false;
  };
  std::unordered_map<std::string_view, Entity> entities_;
};

bool is_digit(char32_t c) {
  return c >= U'0' && c <= U'9';
}

int hex_value(char32_t c) {
  if (is_digit(c)) {
    return static_cast<int>(c - U'0');
  }
  const char32_t lower = c | 0x20;
  return lower >= U'a' && lower <= U'f' && c < 0x80 ? static_cast<int>(lower - U'a') + 10 : -1;
}

bool is_ascii_letter(char32_t c) {
  return (c >= U'A' && c <= U'Z') || (c >= U'a' && c <= U'z');
}

bool may_stand_in_a_name(char32_t c) {
  return std::u32string_view(U"\t\n\f <&#;").find(c) == std::u32string_view::npos;
}

/// A numeric reference at the start of a text: the number (kTooLarge if above every character) and its length.
struct Number {
  char32_t value = 0;
  std::size_t length = 0;  // 0: none
};

Number parse_number(std::u32string_view text) {
  if (!text.starts_with(U'#')) {
    return {};
  }
  const bool is_hex = text.size() > 1 && (text[1] == U'x' || text[1] == U'X');
  const std::size_t first = is_hex ? 2 : 1;
  const char32_t base = is_hex ? 16 : 10;
  Number number{0, first};
  for (; number.length < text.size(); ++number.length) {
    const int digit = hex_value(text[number.length]);
    if (digit < 0 || digit >= static_cast<int>(base)) {
      break;
    }
    number.value = std::min<std::uint32_t>(number.value * base + static_cast<std::uint32_t>(digit), kTooLarge);
  }
  if (number.length == first) {
    return {};
  }
  if (number.length < text.size() && text[number.length] == U';') {
    ++number.length;
  }
  return number;
}

/// What the HTML standard makes of a number; may be empty.
std::u32string character_of(char32_t number) {
  if (number == 0 || (number >= 0xD800 && number <= 0xDFFF) || number >= kTooLarge) {
    return {kReplacement};
  }
  const bool is_forbidden = number <= 0x08 || number == 0x0B || (number >= 0x0E && number <= 0x1F) || number == 0x7F ||
                            (number >= 0xFDD0 && number <= 0xFDEF) || (number & 0xFFFE) == 0xFFFE;
  return is_forbidden ? std::u32string() : std::u32string{c1_as_windows_1252(number)};
}

/// The upper-case of an entity's characters, with the few that become longer.
std::u32string upper_cased_entity(std::u32string_view characters) {
  static const std::unordered_map<char32_t, std::u32string_view> kLonger{
      {0xDF, U"SS"},   {0x149, U"\u02BCN"}, {0xFB00, U"FF"}, {0xFB01, U"FI"},
      {0xFB02, U"FL"}, {0xFB03, U"FFI"},    {0xFB04, U"FFL"}};
  std::u32string out;
  for (const char32_t c : characters) {
    const auto longer = kLonger.find(c);
    if (longer == kLonger.end()) {
      out += upper_cased(c);
    } else {
      out += longer->second;
    }
  }
  return out;
}

/// Replaces the name at the start of `name` (as written after `&`); nothing if no prefix of it is a name.
std::optional<std::u32string> resolve_name(std::u32string_view name) {
  if (auto whole = html_entity(name)) {
    return whole;
  }
  for (std::size_t length = name.size(); length-- > 2;) {
    if (auto prefix = html_entity(name.substr(0, length))) {
      return *prefix + std::u32string(name.substr(length));
    }
  }
  return std::nullopt;
}

/// `&NAME;` where only `name` is an entity and nothing in NAME is.
std::optional<std::u32string> resolve_upper_case_name(std::u32string_view name) {
  std::u32string lower;
  for (const char32_t c : name) {
    if (c >= U'a' && c <= U'z') {
      return std::nullopt;
    }
    lower += c >= U'A' && c <= U'Z' ? (c | 0x20) : c;
  }
  const auto characters = html_entity(lower);
  if (!characters || resolve_name(name)) {
    return std::nullopt;
  }
  return upper_cased_entity(*characters);
}

}  // namespace

std::optional<std::u32string> html_entity(std::u32string_view name) {
  static const EntityTable table;
  return table.find(name);
}

std::u32string unescape_html(std::u32string_view text) {
  std::u32string out;
  for (;;) {
    const std::size_t start = text.find(U'&');
    out += text.substr(0, start);
    if (start == std::u32string_view::npos) {
      return out;
    }
    text.remove_prefix(start + 1);
    if (const Number number = parse_number(text); number.length > 0) {
      out += character_of(number.value);
      text.remove_prefix(number.length);
      continue;
    }
    std::size_t length = 0;
    while (length < std::min(text.size(), kLongestName) && may_stand_in_a_name(text[length])) {
      ++length;
    }
    if (length > 0 && length < text.size() && text[length] == U';') {
      ++length;
    }
    const std::u32string_view name = text.substr(0, length);
    if (const auto resolved = resolve_name(name)) {
      out += *resolved;
    } else {
      out += U'&';
      out += name;
    }
    text.remove_prefix(length);
  }
}

std::u32string unescape_html_cautiously(std::u32string_view text) {
  std::u32string out;
  for (;;) {
    const std::size_t start = text.find(U'&');
    out += text.substr(0, start);
    if (start == std::u32string_view::npos) {
      return out;
    }
    text.remove_prefix(start);
    const std::size_t first = text.starts_with(U"&#") ? 2 : 1;
    std::size_t end = first;
    while (end < std::min(text.size(), first + kLongestCautiousName) &&
           (is_digit(text[end]) || is_ascii_letter(text[end]))) {
      ++end;
    }
    if (end == first || end == text.size() || text[end] != U';') {
      out += U'&';
      text.remove_prefix(1);
      continue;
    }
    const std::u32string_view reference = text.substr(0, end + 1);
    const std::u32string_view name = reference.substr(1);
    std::optional<std::u32string> resolved;
    if (first == 2) {
      const Number number = parse_number(name);
      if (number.length == name.size() && number.value != U';') {
        resolved = character_of(number.value);
      }
    } else if (resolved = html_entity(name); !resolved) {
      resolved = resolve_upper_case_name(name);
    }
    out += resolved ? *resolved : std::u32string(reference);
    text.remove_prefix(reference.size());
  }
}

}  // namespace vifi::text
