#include "text/fix_text.h"

#include <gtest/gtest.h>

#include "text/utf8.h"

namespace vifi::text {
namespace {

std::string fixed(std::string_view text) {
  return to_utf8(fix_text(to_code_points(text)));
}

TEST(FixText, LeavesGoodTextAlone) {
  for (const std::string text :
       {"", "a photo of a cat.", "café — œuvre №5 日本語 \u1F600", "tab\tand\nline\n", "R&D"}) {
    EXPECT_EQ(fixed(text), text);
  }
}

TEST(FixText, ResolvesEntitiesToAFixedPoint) {
  EXPECT_EQ(fixed("&amp;amp;amp;lt;"), "<");
}

TEST(FixText, ATagStopsEntitiesFromItsLineOn) {
  EXPECT_EQ(fixed("&amp;\n<b>&amp;\n&amp;"), "&\n<b>&amp;\n&amp;");
}

TEST(FixText, TakesLigaturesApartButNoLetters) {
  EXPECT_EQ(fixed("ﬁn ﬄ ĳ Ǆ æ œ"), "fin ffl ij DŽ æ œ");
  EXPECT_EQ(fixed("ŉ"), "'n");  // the apostrophe it holds is straightened too
}

TEST(FixText, MakesWidthNormal) {
  EXPECT_EQ(fixed("ＦＵＬＬ　１！ ｶﾞ ￥"), "FULL 1! ガ ¥");
}

TEST(FixText, StraightensCurlyQuotesAlsoLowOnes) {
  EXPECT_EQ(fixed("“a” ‘b’ ‛c ʼd „e‚ «f»"), "\"a\" 'b' 'c 'd \"e' «f»");
}

TEST(FixText, EndsLinesWithLineFeeds) {
  EXPECT_EQ(fixed("a\r\nb\rc\u2028d\u2029e"), "a\nb\nc\nd\ne");
}

TEST(FixText, ReadsC1ControlsAsWindows1252) {
  EXPECT_EQ(fixed("\u0093x\u0094 \u0085"), "\"x\" …");
}

TEST(FixText, RemovesTerminalEscapesAndControls) {
  EXPECT_EQ(fixed("\x1B[1;31mred\x1B[0m"), "red");
  EXPECT_EQ(fixed("\x1B[31"), "[31");  // no escape without its letter; ESC itself is a control
  EXPECT_EQ(fixed("a\a\x7F\uFEFF\u206A\uFFFC\vb\tc\f"), "ab\tc\f");
}

TEST(FixText, ComposesCharacters) {
  EXPECT_EQ(fixed("e\u0301"), "é");
}

}  // namespace
}  // namespace vifi::text
