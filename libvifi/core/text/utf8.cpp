#include "text/utf8.h"

#include <utf8proc.h>

#include "vifi/error.h"

namespace vifi::text {
namespace {

constexpr std::size_t kLongestQuote = 80;  // bytes
constexpr std::string_view kBlanks = " \t\r\n\v\f";
constexpr std::string_view kEllipsis = "…";

/// The code point at `offset` and its bytes in `length`; negative when ill-formed.
utf8proc_int32_t code_point_at(std::string_view text, std::size_t offset, utf8proc_ssize_t& length) {
  utf8proc_int32_t code_point = -1;
  length = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()) + offset,
                            static_cast<utf8proc_ssize_t>(text.size() - offset), &code_point);
  return length > 0 ? code_point : -1;
}

}  // namespace

std::optional<std::size_t> first_invalid_utf8(std::string_view text) {
  for (std::size_t offset = 0; offset < text.size();) {
    utf8proc_ssize_t length = 0;
    if (code_point_at(text, offset, length) < 0) {
      return offset;
    }
    offset += static_cast<std::size_t>(length);
  }
  return std::nullopt;
}

std::u32string to_code_points(std::string_view text) {
  std::u32string out;
  out.reserve(text.size());
  for (std::size_t offset = 0; offset < text.size();) {
    utf8proc_ssize_t length = 0;
    const utf8proc_int32_t code_point = code_point_at(text, offset, length);
    if (code_point < 0) {
      throw Error(ErrorCode::invalid_argument,
                  "[text] " + in_quotes(text) + " is not UTF-8 at byte " + std::to_string(offset),
                  "convert the text to UTF-8");
    }
    out.push_back(static_cast<char32_t>(code_point));
    offset += static_cast<std::size_t>(length);
  }
  return out;
}

void append_utf8(std::string& out, char32_t code_point) {
  auto value = static_cast<utf8proc_int32_t>(code_point);
  if (!utf8proc_codepoint_valid(value)) {
    value = 0xFFFD;
  }
  utf8proc_uint8_t bytes[4];
  const utf8proc_ssize_t length = utf8proc_encode_char(value, bytes);
  out.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(length));
}

std::string to_utf8(std::u32string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char32_t code_point : text) {
    append_utf8(out, code_point);
  }
  return out;
}

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (std::size_t offset = 0; offset < text.size();) {
    utf8proc_ssize_t length = 0;
    const utf8proc_int32_t code_point = code_point_at(text, offset, length);
    const std::size_t bytes = length > 0 ? static_cast<std::size_t>(length) : 1;
    if (offset + bytes > kLongestQuote) {
      out += kEllipsis;
      break;
    }
    if (code_point == '\n') {
      out += "\\n";
    } else if (code_point < 0x20 || (code_point >= 0x7F && code_point < 0xA0)) {
      out += '?';
    } else {
      out.append(text.substr(offset, bytes));
    }
    offset += bytes;
  }
  return out += '"';
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

}  // namespace vifi::text
