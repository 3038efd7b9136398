#include "text/code_pages.h"

#include <algorithm>

namespace vifi::text {
namespace {

constexpr unsigned char kSubstitute = 0x1A;
constexpr char32_t kReplacement = 0xFFFD;

using HighHalf = std::u16string_view;  // the characters of 0x80 to 0xFF

constexpr HighHalf kWindows1252 =
    u"€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008DŽ\u008F"
    u"\u0090‘’“”•–—˜™š›œ\u009DžŸ"
    u"\u00A0¡¢£¤¥¦§¨©ª«¬\u00AD®¯"
    u"°±²³´µ¶·¸¹º»¼½¾¿"
    u"ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏ"
    u"ÐÑÒÓÔÕÖ×ØÙÚÛÜÝÞß"
    u"àáâãäåæçèéêëìíîï"
    u"ðñòóôõö÷øùúûüýþÿ";

constexpr HighHalf kWindows1251 =
    u"ЂЃ‚ѓ„…†‡€‰Љ‹ЊЌЋЏ"
    u"ђ‘’“”•–—\u0098™љ›њќћџ"
    u"\u00A0ЎўЈ¤Ґ¦§Ё©Є«¬\u00AD®Ї"
    u"°±Ііґµ¶·ё№є»јЅѕї"
    u"АБВГДЕЖЗИЙКЛМНОП"
    u"РСТУФХЦЧШЩЪЫЬЭЮЯ"
    u"абвгдежзийклмноп"
    u"рстуфхцчшщъыьэюя";

constexpr HighHalf kWindows1250 =
    u"€\u0081‚\u0083„…†‡\u0088‰Š‹ŚŤŽŹ"
    u"\u0090‘’“”•–—\u0098™š›śťžź"
    u"\u00A0ˇ˘Ł¤Ą¦§¨©Ş«¬\u00AD®Ż"
    u"°±˛ł´µ¶·¸ąş»Ľ˝ľż"
    u"ŔÁÂĂÄĹĆÇČÉĘËĚÍÎĎ"
    u"ĐŃŇÓÔŐÖ×ŘŮÚŰÜÝŢß"
    u"ŕáâăäĺćçčéęëěíîď"
    u"đńňóôőö÷řůúűüýţ˙";

constexpr HighHalf kWindows1253 =
    u"€\u0081‚ƒ„…†‡\u0088‰\u008A‹\u008C\u008D\u008E\u008F"
    u"\u0090‘’“”•–—\u0098™\u009A›\u009C\u009D\u009E\u009F"
    u"\u00A0΅Ά£¤¥¦§¨©ª«¬\u00AD®―"
    u"°±²³΄µ¶·ΈΉΊ»Ό½ΎΏ"
    u"ΐΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟ"
    u"ΠΡÒΣΤΥΦΧΨΩΪΫάέήί"
    u"ΰαβγδεζηθικλμνξο"
    u"πρςστυφχψωϊϋόύώÿ";

constexpr HighHalf kWindows1254 =
    u"€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008D\u008E\u008F"
    u"\u0090‘’“”•–—˜™š›œ\u009D\u009EŸ"
    u"\u00A0¡¢£¤¥¦§¨©ª«¬\u00AD®¯"
    u"°±²³´µ¶·¸¹º»¼½¾¿"
    u"ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏ"
    u"ĞÑÒÓÔÕÖ×ØÙÚÛÜİŞß"
    u"àáâãäåæçèéêëìíîï"
    u"ğñòóôõö÷øùúûüışÿ";

constexpr HighHalf kWindows1257 =
    u"€\u0081‚\u0083„…†‡\u0088‰\u008A‹\u008C¨ˇ¸"
    u"\u0090‘’“”•–—\u0098™\u009A›\u009C¯˛\u009F"
    u"\u00A0¡¢£¤¥¦§Ø©Ŗ«¬\u00AD®Æ"
    u"°±²³´µ¶·ø¹ŗ»¼½¾æ"
    u"ĄĮĀĆÄÅĘĒČÉŹĖĢĶĪĻ"
    u"ŠŃŅÓŌÕÖ×ŲŁŚŪÜŻŽß"
    u"ąįāćäåęēčéźėģķīļ"
    u"šńņóōõö÷ųłśūüżž˙";

constexpr HighHalf kIso88592 =
    u"\u0080\u0081\u0082\u0083\u0084\u0085\u0086\u0087\u0088\u0089\u008A\u008B\u008C\u008D\u008E\u008F"
    u"\u0090\u0091\u0092\u0093\u0094\u0095\u0096\u0097\u0098\u0099\u009A\u009B\u009C\u009D\u009E\u009F"
    u"\u00A0Ą˘Ł¤ĽŚ§¨ŠŞŤŹ\u00ADŽŻ"
    u"°ą˛ł´ľśˇ¸šşťź˝žż"
    u"ŔÁÂĂÄĹĆÇČÉĘËĚÍÎĎ"
    u"ĐŃŇÓÔŐÖ×ŘŮÚŰÜÝŢß"
    u"ŕáâăäĺćçčéęëěíîď"
    u"đńňóôőö÷řůúűüýţ˙";

constexpr HighHalf kMacRoman =
    u"ÄÅÇÉÑÖÜáàâäãåçéè"
    u"êëíìîïñóòôöõúùûü"
    u"†°¢£§•¶ß®©™´¨≠ÆØ"
    u"∞±≤≥¥µ∂∑∏π∫ªºΩæø"
    u"¿¡¬√ƒ≈∆«»…\u00A0ÀÃÕŒœ"
    u"–—“”‘’÷◊ÿŸ⁄€‹›ﬁﬂ"
    u"‡·‚„‰ÂÊÁËÈÍÎÏÌÓÔ"
    u"\uF8FFÒÚÛÙıˆ˜¯˘˙˚¸˝˛ˇ";

constexpr HighHalf kCp437 =
    u"ÇüéâäàåçêëèïîìÄÅ"
    u"ÉæÆôöòûùÿÖÜ¢£¥₧ƒ"
    u"áíóúñÑªº¿⌐¬½¼¡«»"
    u"░▒▓│┤╡╢╖╕╣║╗╝╜╛┐"
    u"└┴┬├─┼╞╟╚╔╩╦╠═╬╧"
    u"╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀"
    u"αßΓπΣσµτΦΘΩδ∞φε∩"
    u"≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00A0";

/// Empty for Latin-1, whose bytes are its code points.
HighHalf high_half_of(CodePage page) {
  switch (page) {
    case CodePage::latin_1:
      break;
    case CodePage::windows_1252:
      return kWindows1252;
    case CodePage::windows_1251:
      return kWindows1251;
    case CodePage::windows_1250:
      return kWindows1250;
    case CodePage::windows_1253:
      return kWindows1253;
    case CodePage::windows_1254:
      return kWindows1254;
    case CodePage::windows_1257:
      return kWindows1257;
    case CodePage::iso_8859_2:
      return kIso88592;
    case CodePage::mac_roman:
      return kMacRoman;
    case CodePage::cp437:
      return kCp437;
  }
  return {};
}

/// @param c  any character, also one that the page lacks
std::optional<unsigned char> byte_of(char32_t c, CodePage page) {
  if (is_windows(page) && (c == kReplacement || c == kSubstitute)) {
    return c == kReplacement ? std::optional(kSubstitute) : std::nullopt;
  }
  if (c < 0x80 || (page == CodePage::latin_1 && c <= 0xFF)) {
    return static_cast<unsigned char>(c);
  }
  const HighHalf high_half = high_half_of(page);
  const auto place = std::find(high_half.begin(), high_half.end(), c);
  if (place == high_half.end()) {
    return std::nullopt;
  }
  return static_cast<unsigned char>(0x80 + (place - high_half.begin()));
}

}  // namespace

bool is_windows(CodePage page) {
  return page >= CodePage::windows_1252 && page <= CodePage::windows_1257;
}

char32_t decode(unsigned char byte, CodePage page) {
  if (byte == kSubstitute && is_windows(page)) {
    return kReplacement;
  }
  if (byte < 0x80 || page == CodePage::latin_1) {
    return byte;
  }
  return high_half_of(page)[byte - 0x80u];
}

char32_t c1_as_windows_1252(char32_t c) {
  return c >= 0x80 && c <= 0x9F ? decode(static_cast<unsigned char>(c), CodePage::windows_1252) : c;
}

std::optional<std::string> encode(std::u32string_view text, CodePage page) {
  std::string bytes;
  bytes.reserve(text.size());
  for (const char32_t c : text) {
    const auto byte = byte_of(c, page);
    if (!byte) {
      return std::nullopt;
    }
    bytes += static_cast<char>(*byte);
  }
  return bytes;
}

}  // namespace vifi::text
