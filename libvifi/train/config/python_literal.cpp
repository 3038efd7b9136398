#include "config/python_literal.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string>

namespace vifi::train {
namespace {

using nlohmann::json;

constexpr int kDeepest = 8;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

class Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) {}

  std::optional<json> whole() {
    skip_blanks();
    auto value = item(0);
    skip_blanks();
    if (value && take(',')) {  // a tuple without parentheses
      value = list_after(std::move(*value), '\0', 0);
    }
    skip_blanks();
    return rest_.empty() ? value : std::nullopt;
  }

 private:
  std::optional<json> item(int depth) {
    if (rest_.empty() || depth > kDeepest) {
      return std::nullopt;
    }
    const char first = rest_.front();
    if (first == '[' || first == '(') {
      return group(first == '[' ? ']' : ')', depth);
    }
    if (first == '\'' || first == '"') {
      return quoted();
    }
    if (is_digit(first) || first == '.' || first == '-' || first == '+') {
      return number();
    }
    for (const auto& [word, value] : {std::pair<std::string_view, json>{"True", true}, {"False", false}, {"None", nullptr}}) {
      if (rest_.starts_with(word)) {
        rest_.remove_prefix(word.size());
        return value;
      }
    }
    return std::nullopt;
  }

  std::optional<json> group(char closing, int depth) {
    rest_.remove_prefix(1);
    skip_blanks();
    if (take(closing)) {
      return json::array();
    }
    auto first = item(depth + 1);
    skip_blanks();
    if (!first) {
      return std::nullopt;
    }
    if (closing == ')' && take(')')) {  // parentheses around one value are no tuple
      return first;
    }
    if (take(closing)) {
      return json::array({std::move(*first)});
    }
    return take(',') ? list_after(std::move(*first), closing, depth) : std::nullopt;
  }

  /// The rest of a list whose first item and comma were read.
  std::optional<json> list_after(json first, char closing, int depth) {
    json list = json::array();
    list.push_back(std::move(first));
    const auto at_end = [&] {
      skip_blanks();
      return closing == '\0' ? rest_.empty() : take(closing);
    };
    while (!at_end()) {
      auto next = item(depth + 1);
      if (!next) {
        return std::nullopt;
      }
      list.push_back(std::move(*next));
      if (at_end()) {
        break;
      }
      if (!take(',')) {
        return std::nullopt;
      }
    }
    return list;
  }

  std::optional<json> quoted() {
    const char quote = rest_.front();
    std::string text;
    std::size_t i = 1;
    for (; i < rest_.size() && rest_[i] != quote; ++i) {
      if (rest_[i] == '\\') {
        if (++i == rest_.size() || std::string_view("\\'\"").find(rest_[i]) == std::string_view::npos) {
          return std::nullopt;  // other escapes do not occur in configurations
        }
      }
      text += rest_[i];
    }
    if (i >= rest_.size()) {
      return std::nullopt;
    }
    rest_.remove_prefix(i + 1);
    return text;
  }

  std::optional<json> number() {
    const std::size_t sign = rest_.front() == '-' || rest_.front() == '+' ? 1 : 0;
    std::size_t end = sign;
    while (end < rest_.size() && (is_digit(rest_[end]) || std::string_view("._eE").find(rest_[end]) != std::string_view::npos ||
                                  ((rest_[end] == '-' || rest_[end] == '+') && (rest_[end - 1] | 0x20) == 'e'))) {
      ++end;
    }
    std::string digits(rest_.substr(sign, end - sign));
    if (digits.empty() || !valid_underscores(digits)) {
      return std::nullopt;
    }
    std::erase(digits, '_');
    const bool negative = rest_.front() == '-';
    rest_.remove_prefix(end);
    const char* last = digits.data() + digits.size();
    if (digits.find_first_not_of("0123456789") == std::string::npos) {
      if (digits.size() > 1 && digits.front() == '0' && digits.find_first_not_of('0') != std::string::npos) {
        return std::nullopt;  // Python refuses 08
      }
      std::int64_t value = 0;
      if (std::from_chars(digits.data(), last, value).ec != std::errc()) {
        return std::nullopt;
      }
      return negative ? -value : value;
    }
    double value = 0;
    const auto [stop, error] = std::from_chars(digits.data(), last, value);
    if (error != std::errc() || stop != last) {
      return std::nullopt;
    }
    return negative ? -value : value;
  }

  /// Single underscores, between digits.
  static bool valid_underscores(const std::string& digits) {
    for (std::size_t i = 0; i < digits.size(); ++i) {
      if (digits[i] == '_' && (i == 0 || i + 1 == digits.size() || !is_digit(digits[i - 1]) || !is_digit(digits[i + 1]))) {
        return false;
      }
    }
    return true;
  }

  bool take(char c) {
    if (c == '\0' || rest_.empty() || rest_.front() != c) {
      return false;
    }
    rest_.remove_prefix(1);
    return true;
  }

  void skip_blanks() {
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\t')) {
      rest_.remove_prefix(1);
    }
  }

  std::string_view rest_;
};

}  // namespace

std::optional<json> python_literal(std::string_view text) { return Parser(text).whole(); }

}  // namespace vifi::train
