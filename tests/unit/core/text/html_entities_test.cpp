#include "text/html_entities.h"

#include <gtest/gtest.h>

#include "text/utf8.h"

namespace vifi::text {
namespace {

std::string unescaped(std::string_view text) {
  return to_utf8(unescape_html(to_code_points(text)));
}
std::string cautiously(std::string_view text) {
  return to_utf8(unescape_html_cautiously(to_code_points(text)));
}

TEST(UnescapeHtml, ResolvesNamesWithAndWithoutSemicolon) {
  EXPECT_EQ(unescaped("caf&eacute; caf&eacute &hellip; &hellip"), "café café … &hellip");
  EXPECT_EQ(unescaped("&NotEqualTilde;&NewLine;|"), "≂̸\n|");
}

TEST(UnescapeHtml, TakesTheLongestPrefixThatIsAName) {
  EXPECT_EQ(unescaped("&notit; &notin; &timesx &ampeacute;"), "¬it; ∉ ×x &eacute;");
}

TEST(UnescapeHtml, LeavesTheRestAlone) {
  EXPECT_EQ(unescaped("R&D & &; &#; &#x; &bogus; &"), "R&D & &; &#; &#x; &bogus; &");
}

TEST(UnescapeHtml, GoesOverTheTextOnce) {
  EXPECT_EQ(unescaped("&amp;lt;"), "&lt;");
}

TEST(UnescapeHtml, ReadsNumbersAsBrowsersDo) {
  EXPECT_EQ(unescaped("&#65;&#x42&#X43;"), "ABC");
  EXPECT_EQ(unescaped("&#128;&#150;"), "€–");  // Windows-1252
  EXPECT_EQ(unescaped("&#0;&#xD800;&#1114112;&#99999999999999999999;"), "\uFFFD\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(unescaped("[&#1;&#11;&#127;&#xFDD0;&#xFFFF;&#x1FFFE;]"), "[]");  // never characters
  EXPECT_EQ(unescaped("&#9;&#13;"), "\t\r");
}

TEST(UnescapeHtmlCautiously, WantsTheSemicolonAndAWholeName) {
  EXPECT_EQ(cautiously("&eacute; &eacute &notit; &#233; &#233 &#xe9;"), "é &eacute &notit; é &#233 é");
  EXPECT_EQ(cautiously("&#12ab; &; &#59;"), "&#12ab; &; &#59;");
}

TEST(UnescapeHtmlCautiously, UnderstandsShoutedNames) {
  EXPECT_EQ(cautiously("P&EACUTE;REZ &SZLIG; &FFLIG; &ETH;"), "PÉREZ SS FF Ð");
  EXPECT_EQ(cautiously("&Eacute; &eACUTE; &TIMESX;"), "É &eACUTE; &TIMESX;");
}

}  // namespace
}  // namespace vifi::text
