#include "text/mojibake.h"

#include <gtest/gtest.h>

#include "text/badness.h"
#include "text/code_pages.h"
#include "text/utf8.h"

namespace vifi::text {
namespace {

std::string fixed(std::string_view text) {
  return to_utf8(fix_encoding(to_code_points(text)));
}
bool is_garbled(std::string_view text) {
  return looks_garbled(to_code_points(text));
}

TEST(FixEncoding, RereadsUtf8ThatWasTakenForWindows1252) {
  EXPECT_EQ(fixed("cafÃ©"), "café");
  EXPECT_EQ(fixed("itâ€™s â€œquotedâ€\u009D"), "it’s “quoted”");
  EXPECT_EQ(fixed("ðŸ˜€ smile"), "😀 smile");
}

TEST(FixEncoding, KnowsOtherPages) {
  EXPECT_EQ(fixed("РїСЂРёРІРµС‚"), "привет");  // Windows-1251
  EXPECT_EQ(fixed("Ð¿Ñ€Ð¸Ð²ÐµÑ‚"), "привет");  // Windows-1252
  EXPECT_EQ(fixed("caf√© ‚Äî"), "café —");     // MacRoman
  EXPECT_EQ(fixed("caf├⌐"), "café");           // code page 437
}

TEST(FixEncoding, PeelsLayersOff) {
  EXPECT_EQ(fixed("ÃƒÂ©"), "é");
}

TEST(FixEncoding, PutsBackANoBreakSpaceThatBecameABlank) {
  EXPECT_EQ(fixed("voilÃ le travail"), "voilà le travail");
  EXPECT_EQ(fixed("Ã quela"), "àquela");  // Portuguese: no word of its own
}

TEST(FixEncoding, ALostByteLosesOneCharacterOnly) {
  EXPECT_EQ(fixed("â€œ like this â€\uFFFD"), "“ like this \uFFFD");
}

TEST(FixEncoding, RepairsARunWithinGoodText) {
  EXPECT_EQ(fixed("ThÃ© vert – 日本 café"), "Thé vert – 日本 café");
}

TEST(FixEncoding, ReadsSurrogatesInUtf8) {
  EXPECT_EQ(fixed("\u00ED\u00A0\u00BD\u00ED\u00B8\u0080"), "😀");  // CESU-8 taken for Latin-1
}

TEST(FixEncoding, MakesC1ControlsWindows1252) {
  EXPECT_EQ(fixed("\u0093\u4E2D\u0094"), "“中”");
}

TEST(FixEncoding, LeavesGoodTextAlone) {
  for (const std::string text : {"café", "naïve façade", "Ångström", "¡olé!", "“x” – y…", "привет", "日本語",
                                 "¯\\_(ツ)_/¯", "ã", "5 €", "½ × ²", "Ελλάδα", "ΓΔ", "░▒▓"}) {
    EXPECT_EQ(fixed(text), text);
  }
}

TEST(LooksGarbled, ASuspiciousPairSuffices) {
  EXPECT_TRUE(is_garbled("x\u0085"));
  EXPECT_TRUE(is_garbled("Ã©"));
  EXPECT_TRUE(is_garbled("вЂ"));
  EXPECT_FALSE(is_garbled("в"));
  EXPECT_FALSE(is_garbled("é"));
}

TEST(LooksGarbled, ContextDecidesAboutACapitalBeforeABlank) {
  EXPECT_TRUE(is_garbled("Ã bientôt"));  // at the start
  EXPECT_TRUE(is_garbled("voilÃ le"));   // after a small letter
  EXPECT_FALSE(is_garbled("9 Ã x"));
}

TEST(LooksGarbled, ArabicNeedsTwoPairs) {
  EXPECT_FALSE(is_garbled("Ø·"));
  EXPECT_TRUE(is_garbled("Ø·Ù…"));
}

TEST(CodePages, EncodeUndoesDecode) {
  for (const CodePage page : kCodePages) {
    for (int byte = 0; byte < 256; ++byte) {
      const char32_t c = decode(static_cast<unsigned char>(byte), page);
      EXPECT_EQ(encode({&c, 1}, page), std::string(1, static_cast<char>(byte)));
    }
  }
}

TEST(CodePages, HoldTheirCharacters) {
  EXPECT_EQ(decode(0x80, CodePage::windows_1252), U'€');
  EXPECT_EQ(decode(0x81, CodePage::windows_1252), U'\u0081');  // undefined: itself
  EXPECT_EQ(decode(0xE0, CodePage::windows_1251), U'а');
  EXPECT_EQ(decode(0xDB, CodePage::cp437), U'█');
  EXPECT_EQ(decode(0xF0, CodePage::mac_roman), U'\uF8FF');
  EXPECT_EQ(encode(U"語", CodePage::latin_1), std::nullopt);
}

TEST(CodePages, OnlyWindowsPagesHaveAByteForTheReplacement) {
  EXPECT_EQ(encode(U"\uFFFD", CodePage::windows_1250), "\x1A");
  EXPECT_EQ(encode(U"\x1A", CodePage::windows_1250), std::nullopt);
  EXPECT_EQ(encode(U"\uFFFD", CodePage::cp437), std::nullopt);
}

}  // namespace
}  // namespace vifi::text
