#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace vifi::text {

/// Single-byte encodings that text is often misread in. In the Windows pages the bytes that Microsoft left undefined
/// stand for themselves, and 0x1A stands for U+FFFD, since that is what programs made of an unreadable character.
enum class CodePage {
  latin_1,
  windows_1252,
  windows_1251,
  windows_1250,
  windows_1253,
  windows_1254,
  windows_1257,
  iso_8859_2,
  mac_roman,
  cp437,
};

/// In the order in which they are likely.
inline constexpr std::array kCodePages = {
    CodePage::latin_1,      CodePage::windows_1252, CodePage::windows_1251, CodePage::windows_1250,
    CodePage::windows_1253, CodePage::windows_1254, CodePage::windows_1257, CodePage::iso_8859_2,
    CodePage::mac_roman,    CodePage::cp437,
};

bool is_windows(CodePage page);

/// The character that a byte stands for.
char32_t decode(unsigned char byte, CodePage page);

/// A C1 control (U+0080 to U+009F) as the Windows-1252 character of that number, which is what it was meant to be;
/// any other character as it is.
char32_t c1_as_windows_1252(char32_t c);

/// The bytes of `text`; nothing if the page lacks one of its characters.
std::optional<std::string> encode(std::u32string_view text, CodePage page);

}  // namespace vifi::text
