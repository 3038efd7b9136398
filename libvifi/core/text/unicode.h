#pragma once

#include <string>
#include <string_view>

namespace vifi::text {

bool is_letter(char32_t c);         ///< \p{L}
bool is_number(char32_t c);         ///< \p{N}
bool is_decimal_digit(char32_t c);  ///< \p{Nd}
bool is_white_space(char32_t c);    ///< \p{White_Space}; no zero-width space, no byte order mark

/// Full Unicode lower-casing, independent of the locale: İ becomes i and U+0307, a capital sigma that ends a word
/// becomes ς (The Unicode Standard, section 3.13).
std::u32string lower_cased(std::u32string_view text);

/// Simple upper-casing: one character for one character (ß stays).
char32_t upper_cased(char32_t c);

std::u32string nfc(std::u32string text);
std::u32string nfkc(std::u32string_view text);

}  // namespace vifi::text
