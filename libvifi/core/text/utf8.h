#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "vifi/export.h"

namespace vifi::text {

/// Offset of the first byte that is not part of well-formed UTF-8 (no surrogates, no overlong forms, nothing
/// above U+10FFFF); nothing when all of `text` is well-formed.
VIFI_API std::optional<std::size_t> first_invalid_utf8(std::string_view text);

/// @throws Error(invalid_argument) if `text` is not UTF-8
std::u32string to_code_points(std::string_view text);

/// A code point that UTF-8 cannot express (surrogate, above U+10FFFF) becomes U+FFFD.
void append_utf8(std::string& out, char32_t code_point);
std::string to_utf8(std::u32string_view text);

/// `text` in double quotes for a message: long texts are cut, bytes that a terminal could obey become `?`.
VIFI_API std::string in_quotes(std::string_view text);

/// Without the ASCII blanks at both ends.
std::string_view trimmed(std::string_view text);

}  // namespace vifi::text
