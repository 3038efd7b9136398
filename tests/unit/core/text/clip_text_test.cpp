#include "text/clip_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "text/utf8.h"

namespace vifi::text {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string cleaned(std::string_view text) {
  return to_utf8(clean_for_clip(to_code_points(text)));
}

std::vector<std::string> pieces(std::string_view text) {
  const std::u32string code_points = to_code_points(text);
  std::vector<std::string> out;
  for (const std::u32string_view piece : split_for_clip(code_points)) {
    out.push_back(to_utf8(piece));
  }
  return out;
}

TEST(CleanForClip, CollapsesWhiteSpaceAndLowers) {
  EXPECT_EQ(cleaned("  Playing\u3000the \t\r\n Ukulele "), "playing the ukulele");
  EXPECT_EQ(cleaned("a\u00A0\u2009b"), "a b");
}

TEST(CleanForClip, AZeroWidthSpaceIsNoBlank) {
  EXPECT_EQ(cleaned("a\u200Bb"), "a\u200Bb");
}

TEST(CleanForClip, ResolvesEntitiesToTheEndUnlessThereAreTags) {
  EXPECT_EQ(cleaned("rock &amp;amp;amp;amp; roll"), "rock & roll");
  EXPECT_EQ(cleaned("<b>&amp;amp;amp;</b>"), "<b>&amp;</b>");
}

TEST(SplitForClip, TakesOneDigitAtATime) {
  EXPECT_THAT(pieces("v2023½"), ElementsAre("v", "2", "0", "2", "3", "½"));
}

TEST(SplitForClip, CutsContractionsOff) {
  EXPECT_THAT(pieces("it's we've don't"), ElementsAre("it", "'s", "we", "'ve", "don", "'t"));
  EXPECT_THAT(pieces("'sue"), ElementsAre("'s", "ue"));
  EXPECT_THAT(pieces("''s"), ElementsAre("''", "s"));
}

TEST(SplitForClip, ALongSContractsToo) {
  EXPECT_THAT(pieces("it'ſ"), ElementsAre("it", "'ſ"));
}

TEST(SplitForClip, MarksBreakWords) {
  EXPECT_THAT(pieces("e\u0323e"), ElementsAre("e", "\u0323", "e"));
}

TEST(SplitForClip, AnIotaBelowIsLeftOut) {
  EXPECT_THAT(pieces("x\u0345*"), ElementsAre("x", "*"));
}

TEST(SplitForClip, FindsASpecialTokenOnlyWhereAPieceStarts) {
  EXPECT_THAT(pieces("a<|endoftext|>b"), ElementsAre("a", "<|endoftext|>", "b"));
  EXPECT_THAT(pieces("!<|endoftext|>"), ElementsAre("!<|", "endoftext", "|>"));
}

TEST(SplitForClip, WhiteSpaceHasNoPiece) {
  EXPECT_THAT(pieces(" \n"), IsEmpty());
}

}  // namespace
}  // namespace vifi::text
