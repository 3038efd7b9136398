#include "text/plain_words.h"

#include <algorithm>

#include "text/clip_text.h"
#include "text/fix_text.h"
#include "text/html_entities.h"
#include "text/unicode.h"

namespace vifi::text {
namespace {

bool is_ascii_punctuation(char32_t c) {
  return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
}

std::u32string without_punctuation(std::u32string text) {
  std::erase_if(text, is_ascii_punctuation);
  return text;
}

}  // namespace

std::u32string plain_words(std::u32string_view text, TextCleaning cleaning) {
  if (cleaning == TextCleaning::hugging_face) {
    return with_single_blanks(without_punctuation(lower_cased(text)));
  }
  std::u32string mended = unescape_html(unescape_html(fix_text(text)));
  std::replace(mended.begin(), mended.end(), U'_', U' ');
  return with_single_blanks(lower_cased(without_punctuation(std::move(mended))));
}

}  // namespace vifi::text
