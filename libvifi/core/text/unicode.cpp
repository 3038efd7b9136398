#include "text/unicode.h"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <new>

#include <utf8proc.h>

#include "text/utf8.h"

namespace vifi::text {
namespace {

constexpr char32_t kDottedCapitalI = 0x130;
constexpr char32_t kDotAbove = 0x307;
constexpr char32_t kCapitalSigma = 0x3A3;
constexpr char32_t kFinalSigma = 0x3C2;
constexpr char32_t kFirstThatNfcChanges = 0x300;

utf8proc_category_t category_of(char32_t c) {
  return utf8proc_category(static_cast<utf8proc_int32_t>(c));
}

bool is_between(char32_t c, char32_t first, char32_t last) {
  return first <= c && c <= last;
}

/// Cased (DerivedCoreProperties), for characters that are not case-ignorable.
bool is_cased(char32_t c) {
  switch (category_of(c)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
      return true;
    default:
      return c == 0xAA || c == 0xBA ||                                            // ordinal indicators
             is_between(c, 0x2160, 0x217F) ||                                     // Roman numerals
             is_between(c, 0x24B6, 0x24E9) || is_between(c, 0x1F130, 0x1F149) ||  // letters in circles, squares
             is_between(c, 0x1F150, 0x1F169) || is_between(c, 0x1F170, 0x1F189);
  }
}

/// Case_Ignorable: marks, format characters, modifiers and what may stand inside a word.
bool is_case_ignorable(char32_t c) {
  switch (category_of(c)) {
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_SK:
      return true;
    default: {
      constexpr std::u32string_view kInsideWords =
          U"'.:\u00B7\u0387\u055F\u05F4\u2018\u2019\u2024\u2027\uFE13\uFE52\uFE55\uFF07\uFF0E\uFF1A";
      return kInsideWords.find(c) != std::u32string_view::npos;
    }
  }
}

/// Whether the capital sigma at `position` has a cased letter before it and none after it in its word.
bool ends_a_word(std::u32string_view text, std::size_t position) {
  const std::u32string_view before = text.substr(0, position);
  const std::u32string_view after = text.substr(position + 1);
  const auto previous = std::find_if_not(before.rbegin(), before.rend(), is_case_ignorable);
  const auto next = std::find_if_not(after.begin(), after.end(), is_case_ignorable);
  return previous != before.rend() && is_cased(*previous) && (next == after.end() || !is_cased(*next));
}

std::u32string mapped(std::u32string_view text, utf8proc_option_t options) {
  const std::string utf8 = to_utf8(text);
  utf8proc_uint8_t* raw = nullptr;
  const utf8proc_ssize_t length = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(utf8.data()),
                                               static_cast<utf8proc_ssize_t>(utf8.size()), &raw, options);
  if (length < 0) {
    throw std::bad_alloc();  // UTF-8 of ours is valid, so nothing else is left
  }
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(raw, &std::free);
  return to_code_points({reinterpret_cast<const char*>(raw), static_cast<std::size_t>(length)});
}

}  // namespace

bool is_letter(char32_t c) {
  const utf8proc_category_t category = category_of(c);
  return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
}

bool is_number(char32_t c) {
  const utf8proc_category_t category = category_of(c);
  return category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO;
}

bool is_decimal_digit(char32_t c) {
  return category_of(c) == UTF8PROC_CATEGORY_ND;
}

bool is_white_space(char32_t c) {
  return is_between(c, 0x09, 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         is_between(c, 0x2000, 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

std::u32string lower_cased(std::u32string_view text) {
  std::u32string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char32_t c = text[i];
    if (c == kDottedCapitalI) {
      out += U'i';
      out += kDotAbove;
    } else if (c == kCapitalSigma && ends_a_word(text, i)) {
      out += kFinalSigma;
    } else {
      out += static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c)));
    }
  }
  return out;
}

char32_t upper_cased(char32_t c) {
  return static_cast<char32_t>(utf8proc_toupper(static_cast<utf8proc_int32_t>(c)));
}

std::u32string nfc(std::u32string text) {
  if (std::all_of(text.begin(), text.end(), [](char32_t c) { return c < kFirstThatNfcChanges; })) {
    return text;
  }
  return mapped(text, static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
}

std::u32string nfkc(std::u32string_view text) {
  return mapped(text, static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT));
}

}  // namespace vifi::text
