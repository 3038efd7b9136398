#include "response.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace vifi {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return result;
}

/// Takes a number off the front of `text`.
bool take_number(std::string_view& text, std::uint64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return error == std::errc();
}

bool take(std::string_view& text, std::string_view start) {
  const bool there = text.starts_with(start);
  text.remove_prefix(there ? start.size() : 0);
  return there;
}

std::string_view without_query(std::string_view address) { return address.substr(0, address.find_first_of("?#")); }

}  // namespace

std::optional<ContentRange> parse_content_range(std::string_view text) {
  const std::string spelled = lower(text);
  std::string_view rest = spelled;
  ContentRange range;
  std::uint64_t last = 0;
  if (!take(rest, "bytes ") || !take_number(rest, range.first) || !take(rest, "-") || !take_number(rest, last) ||
      !take(rest, "/") || last < range.first) {
    return std::nullopt;
  }
  std::uint64_t total = 0;
  if (rest == "*") {
    return range;
  }
  if (!take_number(rest, total) || !rest.empty() || total <= last) {
    return std::nullopt;
  }
  range.total = total;
  return range;
}

bool looks_like_page(std::string_view type, std::string_view head) {
  take(head, "\xef\xbb\xbf");
  const auto first = head.find_first_not_of(" \t\r\n\f");
  if (first == std::string_view::npos) {
    return false;
  }
  const std::string start = lower(head.substr(first));
  const std::string kind = lower(type);
  // The first bytes of safetensors are a number of eight bytes, which may well begin with '<'.
  constexpr std::array<std::string_view, 6> kMarks{"<!doctype", "<html", "<head", "<body", "<?xml", "<!--"};
  return std::any_of(kMarks.begin(), kMarks.end(), [&](std::string_view mark) { return start.starts_with(mark); }) ||
         (start.starts_with("<") && (kind.starts_with("text/html") || kind.starts_with("application/xhtml")));
}

bool is_passing_status(long status) {
  constexpr long kTimeout = 408;
  constexpr long kTooEarly = 425;
  constexpr long kTooMany = 429;
  return status == kTimeout || status == kTooEarly || status == kTooMany || (status >= 500 && status <= 599);
}

std::string describe_status(long status) {
  constexpr std::array<std::pair<long, std::string_view>, 10> kWords{{{401, "a password is needed"},
                                                                      {403, "forbidden"},
                                                                      {404, "not found"},
                                                                      {407, "the proxy wants a password"},
                                                                      {410, "gone"},
                                                                      {429, "too many requests"},
                                                                      {500, "the server failed"},
                                                                      {502, "bad gateway"},
                                                                      {503, "unavailable for now"},
                                                                      {504, "the gateway got no answer"}}};
  const auto* found = std::find_if(kWords.begin(), kWords.end(), [&](const auto& word) { return word.first == status; });
  return std::to_string(status) + (found == kWords.end() ? "" : " (" + std::string(found->second) + ")");
}

std::string public_address(const std::string& address) {
  std::string result(without_query(address));
  const auto scheme = result.find("://");
  if (scheme == std::string::npos) {
    return result;
  }
  const auto host = scheme + 3;
  const auto at = result.substr(host, result.find('/', host) - host).rfind('@');
  return at == std::string::npos ? result : result.erase(host, at + 1);
}

std::string file_name_of(const std::string& address) {
  std::string name(without_query(address));
  const auto scheme = name.find("://");
  const auto slash = name.rfind('/');
  if (slash == std::string::npos || (scheme != std::string::npos && slash < scheme + 3)) {
    return {};
  }
  name.erase(0, slash + 1);
  name.erase(0, name.find_first_not_of('.'));
  std::replace_if(
      name.begin(), name.end(),
      [](char c) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        return !letter && c != '.' && c != '_' && c != '+' && c != '-';
      },
      '-');
  constexpr std::size_t kLongest = 120;
  return name.substr(0, kLongest);
}

}  // namespace vifi
