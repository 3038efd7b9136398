#include "text/unicode.h"

#include <gtest/gtest.h>

#include "text/utf8.h"

namespace vifi::text {
namespace {

std::string lower(std::string_view text) {
  return to_utf8(lower_cased(to_code_points(text)));
}

TEST(LowerCased, KnowsMoreThanAscii) {
  EXPECT_EQ(lower("ÀÉÎ ЁЖ Ა Ⅳ Ⓐ 𐐀"), "àéî ёж ა ⅳ ⓐ 𐐨");
}

TEST(LowerCased, DoesNotFold) {
  EXPECT_EQ(lower("ß ẞ ſ ı"), "ß ß ſ ı");
}

TEST(LowerCased, ADottedCapitalIKeepsItsDot) {
  EXPECT_EQ(lower("İ"), "i\u0307");
}

TEST(LowerCased, ASigmaThatEndsAWordIsFinal) {
  EXPECT_EQ(lower("ΟΔΥΣΣΕΥΣ ΣΟΦΟΣ"), "οδυσσευς σοφος");
  EXPECT_EQ(lower("Σ"), "σ");        // nothing before it
  EXPECT_EQ(lower("ΑΣ."), "ας.");    // a full stop may stand inside a word, here none goes on
  EXPECT_EQ(lower("ΑΣ'Α"), "ασ'α");  // here one does
  EXPECT_EQ(lower("ⓐΣ"), "ⓐς");      // a letter in a circle is cased
  EXPECT_EQ(lower("日Σ"), "日σ");    // an ideograph is not
}

TEST(Nfc, ComposesAndReorders) {
  EXPECT_EQ(nfc(U"e\u0301"), U"\u00E9");
  EXPECT_EQ(nfc(U"q\u0307\u0323"), U"q\u0323\u0307");
  EXPECT_EQ(nfc(U"\u212B"), U"\u00C5");
  EXPECT_EQ(nfc(U"\uFB01"), U"\uFB01");  // a compatibility form stays
}

TEST(Nfkc, ReplacesCompatibilityForms) {
  EXPECT_EQ(nfkc(U"\uFF21\uFF76\uFF9E"), U"A\u30AC");
}

TEST(Classes, AreThoseOfUnicode) {
  EXPECT_TRUE(is_letter(U'é') && is_letter(U'日') && is_letter(U'ª') && !is_letter(U'\u0301') && !is_letter(U'Ⅳ'));
  EXPECT_TRUE(is_number(U'5') && is_number(U'Ⅳ') && is_number(U'½') && !is_number(U'a'));
  EXPECT_TRUE(is_decimal_digit(U'٣') && !is_decimal_digit(U'½'));
  EXPECT_TRUE(is_white_space(U'\u3000') && is_white_space(U'\u0085') && !is_white_space(U'\u200B') &&
              !is_white_space(U'\uFEFF'));
}

TEST(Utf8, FindsTheFirstByteThatIsNone) {
  EXPECT_EQ(first_invalid_utf8("é😀"), std::nullopt);
  EXPECT_EQ(first_invalid_utf8("a\xC3"), 1U);             // ends too early
  EXPECT_EQ(first_invalid_utf8("\xC0\x80"), 0U);          // overlong
  EXPECT_EQ(first_invalid_utf8("ab\xED\xA0\x80"), 2U);    // a surrogate
  EXPECT_EQ(first_invalid_utf8("\xF4\x90\x80\x80"), 0U);  // above U+10FFFF
}

TEST(Utf8, WritesAReplacementForWhatItCannotExpress) {
  EXPECT_EQ(to_utf8(std::u32string{0xD800, 0x110000, U'a'}), "\uFFFD\uFFFDa");
}

TEST(InQuotes, HidesWhatATerminalCouldObey) {
  EXPECT_EQ(in_quotes("a\x1B[0m\nb\xFF"), "\"a?[0m\\nb?\"");
}

}  // namespace
}  // namespace vifi::text
