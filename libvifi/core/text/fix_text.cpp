#include "text/fix_text.h"

#include <algorithm>
#include <iterator>

#include "text/code_pages.h"
#include "text/html_entities.h"
#include "text/mojibake.h"
#include "text/unicode.h"

namespace vifi::text {
namespace {

constexpr std::size_t kLongestSegment = 1'000'000;  // characters

bool is_between(char32_t c, char32_t first, char32_t last) {
  return first <= c && c <= last;
}

/// Latin ligatures and digraphs as their letters; empty for any other character. æ and œ are letters.
std::u32string_view letters_of_ligature(char32_t c) {
  switch (c) {
    case 0x0132:
      return U"IJ";
    case 0x0133:
      return U"ij";
    case 0x0149:
      return U"\u02BCn";
    case 0x01F1:
      return U"DZ";
    case 0x01F2:
      return U"Dz";
    case 0x01F3:
      return U"dz";
    case 0x01C4:
      return U"D\u017D";
    case 0x01C5:
      return U"D\u017E";
    case 0x01C6:
      return U"d\u017E";
    case 0x01C7:
      return U"LJ";
    case 0x01C8:
      return U"Lj";
    case 0x01C9:
      return U"lj";
    case 0x01CA:
      return U"NJ";
    case 0x01CB:
      return U"Nj";
    case 0x01CC:
      return U"nj";
    case 0xFB00:
      return U"ff";
    case 0xFB01:
      return U"fi";
    case 0xFB02:
      return U"fl";
    case 0xFB03:
      return U"ffi";
    case 0xFB04:
      return U"ffl";
    case 0xFB05:
      return U"\u017Ft";
    case 0xFB06:
      return U"st";
    default:
      return {};
  }
}

bool is_unwanted_control(char32_t c) {
  return c <= 0x08 || c == 0x0B || is_between(c, 0x0E, 0x1F) || c == 0x7F || is_between(c, 0x206A, 0x206F) ||
         c == 0xFEFF || is_between(c, 0xFFF9, 0xFFFC);
}

/// The replacements that look at one character only, in one go: C1 controls, ligatures, width, quotes, line ends.
std::u32string replace_characters(std::u32string_view text) {
  std::u32string out;
  out.reserve(text.size());
  for (const char32_t original : text) {
    const char32_t c = c1_as_windows_1252(original);
    if (const std::u32string_view letters = letters_of_ligature(c); !letters.empty()) {
      out += letters;
    } else if (is_between(c, 0xFF01, 0xFFEF)) {
      out += nfkc({&c, 1});
    } else if (c == 0x3000) {
      out += U' ';
    } else {
      out += c;
    }
  }
  for (char32_t& c : out) {
    if (is_between(c, 0x201C, 0x201F)) {
      c = U'"';
    } else if (c == 0x02BC || is_between(c, 0x2018, 0x201B)) {
      c = U'\'';
    } else if (c == 0x2028 || c == 0x2029 || c == 0x85) {
      c = U'\n';
    }
  }
  return out;
}

/// CR LF and CR become LF.
void fix_line_breaks(std::u32string& text) {
  auto out = text.begin();
  for (auto in = text.begin(); in != text.end(); ++in) {
    if (*in == U'\r' && std::next(in) != text.end() && *std::next(in) == U'\n') {
      continue;
    }
    *out++ = *in == U'\r' ? U'\n' : *in;
  }
  text.erase(out, text.end());
}

/// Removes what sets a terminal's colours: ESC `[`, digits and semicolons, a letter.
std::u32string without_terminal_escapes(std::u32string_view text) {
  constexpr std::u32string_view kStart = U"\x1B[";
  std::u32string out;
  for (;;) {
    const std::size_t start = text.find(kStart);
    out += text.substr(0, start);
    if (start == std::u32string_view::npos) {
      return out;
    }
    text.remove_prefix(start);
    const auto letter = std::find_if_not(text.begin() + kStart.size(), text.end(),
                                         [](char32_t c) { return c == U';' || is_decimal_digit(c); });
    const bool is_escape = letter != text.end() && (is_between(*letter, U'A', U'Z') || is_between(*letter, U'a', U'z'));
    if (is_escape) {
      text.remove_prefix(static_cast<std::size_t>(letter - text.begin()) + 1);
    } else {
      out += kStart;
      text.remove_prefix(kStart.size());
    }
  }
}

std::u32string fix_once(std::u32string text, bool unescape) {
  if (unescape) {
    text = unescape_html_cautiously(text);
  }
  text = replace_characters(fix_encoding(std::move(text)));
  fix_line_breaks(text);
  text = without_terminal_escapes(text);
  std::erase_if(text, is_unwanted_control);
  return nfc(std::move(text));
}

bool needs_no_fix(std::u32string_view text) {
  return std::all_of(text.begin(), text.end(), [](char32_t c) { return is_between(c, 0x20, 0x7E) && c != U'&'; });
}

}  // namespace

std::u32string fix_text(std::u32string_view text) {
  std::u32string out;
  bool unescape = true;
  while (!text.empty()) {
    const std::size_t line = std::min(text.find(U'\n'), text.size() - 1) + 1;
    const std::u32string_view original = text.substr(0, std::min(line, kLongestSegment));
    text.remove_prefix(original.size());
    // Whoever writes tags means entities as they are written.
    unescape = unescape && original.find(U'<') == std::u32string_view::npos;
    std::u32string segment(original);
    while (!needs_no_fix(segment)) {
      std::u32string fixed = fix_once(segment, unescape);
      if (fixed == segment) {
        break;
      }
      segment = std::move(fixed);
    }
    out += segment;
  }
  return out;
}

}  // namespace vifi::text
