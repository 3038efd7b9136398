#include "text/badness.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "text/unicode.h"

namespace vifi::text {
namespace {

/// Kinds of characters as a set of bits. The first group are the characters that occur in misread UTF-8.
using Kinds = std::uint32_t;
constexpr Kinds kCommon = 1u << 0;  // at home in many texts
constexpr Kinds kC1 = 1u << 1;
constexpr Kinds kBad = 1u << 2;  // hardly ever meant
constexpr Kinds kLaw = 1u << 3;
constexpr Kinds kCurrency = 1u << 4;
constexpr Kinds kOpening = 1u << 5;  // punctuation at the start of something
constexpr Kinds kClosing = 1u << 6;
constexpr Kinds kNumeric = 1u << 7;
constexpr Kinds kFace = 1u << 8;  // letters that faces are drawn with
constexpr Kinds kUpperAccented = 1u << 9;
constexpr Kinds kLowerAccented = 1u << 10;
constexpr Kinds kUpperCommon = 1u << 11;  // whole alphabets, unsuspicious in a row
constexpr Kinds kLowerCommon = 1u << 12;
constexpr Kinds kBox = 1u << 13;
constexpr Kinds kAsciiLower = 1u << 16;
constexpr Kinds kAsciiLetter = 1u << 17;
constexpr Kinds kNoAsciiLetter = 1u << 18;
constexpr Kinds kSpace = 1u << 19;
constexpr Kinds kWord = 1u << 20;
constexpr Kinds kNoNewline = 1u << 21;
constexpr Kinds kTextStart = 1u << 22;  // the place before the first character

constexpr Kinds kAccented = kUpperAccented | kLowerAccented;
constexpr Kinds kPunctuation = kOpening | kClosing;

struct KindList {
  Kinds kind;
  std::u32string_view characters;  // `a-z` is a range
};

constexpr std::array kKindLists = {
    KindList{kCommon, U"\u00A0\u00AD´·–-―’…"},
    KindList{kC1, U"\u0080-\u009F"},
    KindList{kBad, U"¤¦¨ª¬¯¸ºƒˆˇ˘˛˜†‡‰⌐◊\uFFFD"},
    KindList{kLaw, U"§¶"},
    KindList{kCurrency, U"¢£¥₧€"},
    KindList{kOpening, U"¡©«¿΄΅‘‚“„•‹\uF8FF"},
    KindList{kClosing, U"®»˝”›™"},
    KindList{kNumeric, U"±-³µ¹¼-¾×÷⁄№∂∆∏∑√∞∩∫≈≠≡≤≥"},
    KindList{kFace, U"°Ò-ÖÙ-Üò-öø-üŌŐŪŲ"},
    KindList{kUpperAccented, U"À-ÑØÜÝĀĂĄĆČĎĐĒĖĘĚĞĢĪİĶĹĻĽŁŃŅŇŒŘŚŞŠŢŤŮŰŸŹŻŽҐ"},
    KindList{kLowerAccented, U"ß-ñüāăąćčďđēėęěğģīįķĺļľłœŕśşšťźżžґﬁﬂ"},
    KindList{kUpperCommon, U"ÞΆΈ-ΊΌΎΏΑ-ΫЁ-Я"},
    KindList{kLowerCommon, U"ά-ωа-џ"},
    KindList{kBox, U"│┌┐┘├┤┬┼═-╬▀▄█▌▐-▓"},
};

/// One character of a sequence: of one of the kinds, or one of those listed.
struct Step {
  Kinds kinds = 0;
  std::u32string_view characters = {};
};

using Rule = std::vector<Step>;

const std::vector<Rule>& rules() {
  constexpr Kinds kSuspicious = kAccented | kBox | kPunctuation | kCurrency | kNumeric | kLaw;
  constexpr Step kArabicTail{kCommon | kCurrency | kBad | kNumeric | kOpening, U"ŸŠ®°µ»"};
  static const std::vector<Rule> kRules = {
      {{kC1}},
      {{kBad | kSuspicious}, {kBad}},
      {{kAsciiLetter}, {kLowerCommon | kUpperCommon}, {kBad}},
      {{kBad}, {kSuspicious}},
      {{kLowerAccented | kLowerCommon | kBox | kClosing | kCurrency | kNumeric}, {kUpperAccented}},
      {{kBox | kClosing | kCurrency | kNumeric}, {kLowerAccented}},
      {{kLowerAccented | kBox | kClosing}, {kCurrency}},
      {{kSpace}, {kUpperAccented}, {kCurrency}},
      {{kUpperAccented | kBox}, {kNumeric | kLaw}},
      {{kAccented | kBox | kCurrency | kClosing}, {kOpening}, {kNumeric}},
      {{kAccented | kCurrency | kNumeric | kBox | kLaw}, {kClosing}, {kOpening}},
      {{kCurrency | kNumeric | kBox}, {kOpening}},
      {{kAsciiLower}, {kUpperAccented}, {kOpening | kCurrency}},
      {{kBox}, {kFace}},
      {{kAccented | kCurrency | kNumeric | kPunctuation | kLaw}, {kBox}},
      {{kBox}, {kClosing}},
      {{kAccented}, {kPunctuation}, {kWord}},
      {{0, U"Œœ"}, {kNoAsciiLetter}},
      {{kUpperAccented}, {0, U"°"}},
      // Windows-1252: pairs that the kinds do not cover, Arabic (two pairs, since they hold common characters), scripts
      // of South Asia.
      {{0, U"ÂÃÎÐ"}, {kPunctuation, U"€œŠš¢£Ÿž\u00A0\u00AD®©°·»–—´"}},
      {{0, U"×"}, {0, U"²³"}},
      {{0, U"ØÙ"}, kArabicTail, {0, U"ØÙ"}, kArabicTail},
      {{0, U"à"}, {0, U"²µ¹¼½¾"}},
      // MacRoman
      {{0, U"√"}, {0, U"±∂†≠®™´≤≥¥µø"}},
      {{0, U"≈"}, {0, U"°¢"}},
      {{0, U"‚"}, {0, U"Ä"}, {0, U"ìîïòôúùû†°¢π"}},
      {{0, U"‚"}, {0, U"âó"}, {0, U"àä°ê"}},
      // Windows-1251: punctuation of U+2000, Latin-1 and Cyrillic, Windows-1252 garbled before
      {{0, U"в"}, {0, U"Ђ"}},
      {{0, U"ВГРС"}, {kC1 | kBad | kPunctuation | kCurrency, U"°µ"}, {0, U"ВГРС"}},
      {{0, U"Г"}, {0, U"ў"}, {0, U"В"}, {0, U"Ђ"}, {0, U"В"}, {kNoNewline}, {kAsciiLetter, U" "}},
      // à, á and the no-break space in Windows-1252, the latter also where it became a blank
      {{0, U"Ã"}, {0, U"\u00A0¡"}},
      {{kAsciiLower}, {0, U"ÃÂ"}, {0, U" "}},
      {{kAsciiLower}, {kSpace}, {0, U"ÃÂ"}, {0, U" "}},
      {{kTextStart}, {0, U"ÃÂ"}, {0, U" "}},
      {{kAsciiLower | kClosing, U".,?!"}, {0, U"Â"}, {kPunctuation, U" "}},
      // Windows-1253, Windows-1257
      {{0, U"β"}, {0, U"€"}, {0, U"™\u00A0Ά\u00AD®°"}},
      {{0, U"ΒΓΞΟ"}, {kC1 | kBad | kPunctuation | kCurrency, U"°"}, {0, U"ΒΓΞΟ"}},
      {{0, U"ā"}, {0, U"€"}},
  };
  return kRules;
}

std::unordered_map<char32_t, Kinds> listed_kinds() {
  std::unordered_map<char32_t, Kinds> kinds;
  for (const auto& [kind, characters] : kKindLists) {
    for (std::size_t i = 0; i < characters.size(); ++i) {
      const bool is_range = i + 2 < characters.size() && characters[i + 1] == U'-';
      const char32_t last = characters[is_range ? i + 2 : i];
      for (char32_t c = characters[i]; c <= last; ++c) {
        kinds[c] |= kind;
      }
      i += is_range ? 2 : 0;
    }
  }
  return kinds;
}

Kinds kinds_of(char32_t c) {
  static const std::unordered_map<char32_t, Kinds> kListed = listed_kinds();
  const auto listed = kListed.find(c);
  Kinds kinds = listed == kListed.end() ? 0 : listed->second;
  const bool is_lower = c >= U'a' && c <= U'z';
  const bool is_ascii_letter = is_lower || (c >= U'A' && c <= U'Z');
  kinds |= is_lower ? kAsciiLower : 0;
  kinds |= is_ascii_letter ? kAsciiLetter : kNoAsciiLetter;
  kinds |= is_white_space(c) || (c >= 0x1C && c <= 0x1F) ? kSpace : 0;
  kinds |= is_letter(c) || is_number(c) || c == U'_' ? kWord : 0;
  kinds |= c != U'\n' ? kNoNewline : 0;
  return kinds;
}

}  // namespace

bool looks_garbled(std::u32string_view text) {
  // One place more than the text has: its start, which is of no other kind and no listed character.
  std::u32string padded(1, U'\0');
  padded += text;
  std::vector<Kinds> kinds(padded.size());
  std::transform(padded.begin() + 1, padded.end(), kinds.begin() + 1, kinds_of);
  kinds.front() = kTextStart;

  const auto fits = [&](const Step& step, std::size_t i) {
    return (kinds[i] & step.kinds) != 0 || step.characters.find(padded[i]) != std::u32string_view::npos;
  };
  const auto matches_at = [&](const Rule& rule, std::size_t start) {
    if (padded.size() - start < rule.size()) {
      return false;
    }
    std::size_t i = start;
    return std::all_of(rule.begin(), rule.end(), [&](const Step& step) { return fits(step, i++); });
  };
  for (std::size_t start = 0; start < padded.size(); ++start) {
    if (std::any_of(rules().begin(), rules().end(), [&](const Rule& rule) { return matches_at(rule, start); })) {
      return true;
    }
  }
  return false;
}

}  // namespace vifi::text
