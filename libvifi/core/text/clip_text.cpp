#include "text/clip_text.h"

#include <algorithm>
#include <array>

#include "text/fix_text.h"
#include "text/html_entities.h"
#include "text/unicode.h"

namespace vifi::text {
namespace {

constexpr char32_t kLongS = 0x17F;  // the s of an older orthography: equal to s when case is ignored, yet lower-case

/// In the order in which they are tried.
constexpr std::array<std::u32string_view, 9> kFixedPieces = {kClipStart, kClipEnd, U"'s",  U"'t", U"'re",
                                                             U"'ve",     U"'m",    U"'ll", U"'d"};

bool starts_with(std::u32string_view text, std::u32string_view prefix) {
  return text.size() >= prefix.size() &&
         std::equal(prefix.begin(), prefix.end(), text.begin(),
                    [](char32_t p, char32_t c) { return p == c || (p == U's' && c == kLongS); });
}

/// The iota below a Greek letter. It is a mark, but its capital is a letter: ignoring case, the reference's pattern
/// takes it for neither and leaves it out.
constexpr char32_t kIotaBelow = 0x345;

bool is_other(char32_t c) {
  return !is_white_space(c) && !is_letter(c) && !is_number(c) && c != kIotaBelow;
}

/// Length of the piece at the start of `text`, which is not empty; 0 for a character that belongs to none.
std::size_t piece_length(std::u32string_view text) {
  for (const std::u32string_view piece : kFixedPieces) {
    if (starts_with(text, piece)) {
      return piece.size();
    }
  }
  if (is_number(text.front())) {
    return 1;
  }
  const auto is_same = is_letter(text.front()) ? is_letter : is_other;
  return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_same) - text.begin());
}

}  // namespace

std::u32string with_single_blanks(std::u32string_view text) {
  std::u32string out;
  out.reserve(text.size());
  bool blank_is_due = false;
  for (const char32_t c : text) {
    if (is_white_space(c)) {
      blank_is_due = !out.empty();
      continue;
    }
    if (blank_is_due) {
      out += U' ';
      blank_is_due = false;
    }
    out += c;
  }
  return out;
}

std::u32string clean_for_clip(std::u32string_view text) {
  return lower_cased(with_single_blanks(unescape_html(unescape_html(fix_text(text)))));
}

std::vector<std::u32string_view> split_for_clip(std::u32string_view text) {
  std::vector<std::u32string_view> pieces;
  while (!text.empty()) {
    const std::size_t length = piece_length(text);
    if (length > 0) {
      pieces.push_back(text.substr(0, length));
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return pieces;
}

}  // namespace vifi::text
