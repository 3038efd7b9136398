#include "text/mojibake.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "text/badness.h"
#include "text/code_pages.h"
#include "text/utf8.h"

namespace vifi::text {
namespace {

constexpr unsigned char kSubstitute = 0x1A;  // what encode() makes of U+FFFD: a byte that was lost
constexpr std::string_view kReplacementUtf8 = "\xEF\xBF\xBD";

/// A set of bytes.
class Bytes {
 public:
  constexpr Bytes(unsigned first, unsigned last) : Bytes() { add(first, last); }
  constexpr Bytes operator|(const Bytes& other) const {
    Bytes both = *this;
    for (std::size_t i = 0; i < both.words_.size(); ++i) {
      both.words_[i] |= other.words_[i];
    }
    return both;
  }
  constexpr bool has(char byte) const {
    const auto value = static_cast<unsigned char>(byte);
    return (words_[value / 64] >> (value % 64) & 1) != 0;
  }

 private:
  constexpr Bytes() = default;
  constexpr void add(unsigned first, unsigned last) {
    for (unsigned byte = first; byte <= last; ++byte) {
      words_[byte / 64] |= std::uint64_t{1} << (byte % 64);
    }
  }
  std::array<std::uint64_t, 4> words_{};
};

constexpr Bytes one(unsigned byte) {
  return {byte, byte};
}

/// Up to six bytes in a row, each of a set.
using Pattern = std::vector<Bytes>;

/// Length of the first pattern that `bytes` begins with; 0 if none does.
std::size_t match(std::string_view bytes, const std::vector<Pattern>& patterns) {
  for (const Pattern& pattern : patterns) {
    if (pattern.size() <= bytes.size() && std::equal(pattern.begin(), pattern.end(), bytes.begin(),
                                                     [](const Bytes& set, char byte) { return set.has(byte); })) {
      return pattern.size();
    }
  }
  return 0;
}

/// Puts back the byte A0 where a program took it for a blank and made it 20, in what would be UTF-8 otherwise. Only
/// for lead bytes that make a likely character of it.
std::string restore_a0(std::string_view bytes) {
  constexpr Bytes kBlank = one(0x20);
  constexpr Bytes kTail{0x80, 0xBF};
  constexpr Bytes kRareTail = Bytes{0x80, 0x84} | Bytes{0x86, 0x9F} | Bytes{0xA1, 0xBF};
  static const std::vector<Pattern> kAltered = {
      {one(0xC2) | one(0xC3) | one(0xC5) | one(0xCE) | one(0xD0) | one(0xD9), kBlank},
      {one(0xE2) | one(0xE3), kBlank, kRareTail},
      {Bytes{0xE0, 0xE3}, kRareTail, kBlank},
      {one(0xF0), kBlank, kTail, kTail},
      {one(0xF0), kTail, kBlank, kTail},
      {one(0xF0), kTail, kTail, kBlank},
  };
  // The word à, whose blank is one: but not in these Portuguese words, nor before a second blank.
  constexpr std::string_view kGrave = "\xC3 ";
  constexpr std::array<std::string_view, 5> kNoWordBefore = {" ", "quele", "quela", "quilo", "s "};

  std::string spaced;
  for (std::size_t i = 0; i < bytes.size();) {
    const std::string_view rest = bytes.substr(i);
    const bool is_word = rest.starts_with(kGrave) &&
                         std::none_of(kNoWordBefore.begin(), kNoWordBefore.end(), [&](std::string_view after) {
                           return rest.substr(kGrave.size()).starts_with(after);
                         });
    spaced += is_word ? "\xC3\xA0 " : rest.substr(0, 1);
    i += is_word ? kGrave.size() : 1;
  }
  std::string restored;
  for (std::size_t i = 0; i < spaced.size();) {
    const std::size_t length = match(std::string_view(spaced).substr(i), kAltered);
    std::string sequence = spaced.substr(i, std::max<std::size_t>(length, 1));
    if (length > 0) {
      std::replace(sequence.begin(), sequence.end(), '\x20', '\xA0');
    }
    restored += sequence;
    i += sequence.size();
  }
  return restored;
}

/// UTF-8 with continuation bytes that were lost becomes one U+FFFD a character.
std::string replace_lossy_sequences(std::string_view bytes) {
  constexpr Bytes kLost = one(kSubstitute);
  constexpr Bytes kAsked = kLost | one('?');
  constexpr Bytes kTail{0x80, 0xBF};
  constexpr Bytes kPerhaps = kLost | kTail;
  constexpr Bytes kHigh{0xA0, 0xAF};  // second bytes of surrogates
  constexpr Bytes kLow{0xB0, 0xBF};
  static const std::vector<Pattern> kLossy = {
      {Bytes{0xC2, 0xDF}, kLost},
      {Bytes{0xC2, 0xC3}, one('?')},
      {one(0xED), kHigh, kAsked, one(0xED), kLow, kAsked | kTail},
      {one(0xED), kHigh, kAsked | kTail, one(0xED), kLow, kAsked},
      {Bytes{0xE0, 0xEF}, kAsked, kPerhaps},
      {Bytes{0xE0, 0xEF}, kPerhaps, kAsked},
      {Bytes{0xF0, 0xF4}, kAsked, kPerhaps, kPerhaps},
      {Bytes{0xF0, 0xF4}, kPerhaps, kAsked, kPerhaps},
      {Bytes{0xF0, 0xF4}, kPerhaps, kPerhaps, kAsked},
      {kLost},
  };
  std::string out;
  for (std::size_t i = 0; i < bytes.size();) {
    const std::size_t length = match(bytes.substr(i), kLossy);
    out += length > 0 ? kReplacementUtf8 : bytes.substr(i, 1);
    i += std::max<std::size_t>(length, 1);
  }
  return out;
}

/// Rewrites the two common variants as UTF-8: characters as two surrogates of three bytes (CESU-8), NUL as C0 80.
std::string without_utf8_variants(std::string_view bytes) {
  constexpr Bytes kTail{0x80, 0xBF};
  static const std::vector<Pattern> kNul = {{one(0xC0), one(0x80)}};
  static const std::vector<Pattern> kSurrogates = {
      {one(0xED), Bytes{0xA0, 0xAF}, kTail, one(0xED), Bytes{0xB0, 0xBF}, kTail}};
  std::string out;
  for (std::size_t i = 0; i < bytes.size();) {
    const std::string_view rest = bytes.substr(i);
    if (match(rest, kNul) > 0) {
      out += '\0';
      i += 2;
    } else if (match(rest, kSurrogates) > 0) {
      const auto bits = [&](std::size_t at, unsigned mask) {
        return static_cast<char32_t>(static_cast<unsigned char>(rest[at]) & mask);
      };
      append_utf8(out, 0x10000 + (bits(1, 0x0F) << 16 | bits(2, 0x3F) << 10 | bits(4, 0x0F) << 6 | bits(5, 0x3F)));
      i += 6;
    } else {
      out += rest[0];
      ++i;
    }
  }
  return out;
}

/// `text` written in `page` and read as UTF-8; nothing if one of the two is impossible.
std::optional<std::u32string> reread(std::u32string_view text, CodePage page) {
  auto bytes = encode(text, page);
  if (!bytes) {
    return std::nullopt;
  }
  if (page != CodePage::mac_roman) {  // there it would match a dash and a blank
    bytes = restore_a0(*bytes);
  }
  if (is_windows(page)) {
    bytes = replace_lossy_sequences(*bytes);
  }
  bytes = without_utf8_variants(*bytes);
  if (first_invalid_utf8(*bytes)) {
    return std::nullopt;
  }
  return to_code_points(*bytes);
}

/// The characters that certain bytes of UTF-8 turn into in a code page. The pages of old Apple and DOS machines are
/// left out, their characters are too common.
class MisreadUtf8 {
 public:
  MisreadUtf8() {
    for (const CodePage page : kCodePages) {
      if (page == CodePage::mac_roman || page == CodePage::cp437) {
        continue;
      }
      add(first_of_2_, page, 0xC2, 0xDF);
      add(first_of_3_, page, 0xE0, 0xEF);
      add(first_of_4_, page, 0xF0, 0xF0);  // emoji
      add(first_of_4_, page, 0xF3, 0xF3);  // and their tags
      add(next_, page, 0x80, 0xBF);
    }
    strict_next_ = next_;
    next_.insert(U' ');  // may have been U+00A0
    for (const char32_t common : std::u32string_view(U"–—―‘’‚“”„•…")) {
      strict_next_.erase(common);
    }
  }

  /// Length of the longest run of misread characters at `start`; 0 if there is none or it starts within one.
  std::size_t run_at(std::u32string_view text, std::size_t start) const {
    if (start > 0 && strict_next_.contains(text[start - 1])) {
      return 0;
    }
    std::size_t end = start;
    while (const std::size_t length = character_at(text, end)) {
      end += length;
    }
    return end - start;
  }

 private:
  using Characters = std::unordered_set<char32_t>;

  static void add(Characters& characters, CodePage page, unsigned first, unsigned last) {
    for (unsigned byte = first; byte <= last; ++byte) {
      characters.insert(decode(static_cast<unsigned char>(byte), page));
    }
  }

  std::size_t character_at(std::u32string_view text, std::size_t start) const {
    const std::u32string_view rest = text.substr(start);
    const auto is_sequence = [&](const Characters& first, std::size_t length) {
      return rest.size() >= length && first.contains(rest[0]) &&
             std::all_of(rest.begin() + 1, rest.begin() + static_cast<std::ptrdiff_t>(length),
                         [&](char32_t c) { return next_.contains(c); });
    };
    return is_sequence(first_of_2_, 2) ? 2 : is_sequence(first_of_3_, 3) ? 3 : is_sequence(first_of_4_, 4) ? 4 : 0;
  }

  Characters first_of_2_, first_of_3_, first_of_4_, next_, strict_next_;
};

/// Repairs runs of misread characters within a text that is not misread as a whole.
std::u32string fix_runs(std::u32string_view text) {
  static const MisreadUtf8 misread;
  std::u32string out;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = misread.run_at(text, i);
    if (length == 0) {
      out += text[i++];
      continue;
    }
    std::u32string run(text.substr(i, length));
    const bool is_part = length < text.size();  // the whole text has been tried
    out += is_part && looks_garbled(run) ? fix_encoding(std::move(run)) : run;
    i += length;
  }
  return out;
}

bool is_ascii(std::u32string_view text) {
  return std::all_of(text.begin(), text.end(), [](char32_t c) { return c < 0x80; });
}

std::u32string fix_once(std::u32string_view text) {
  if (is_ascii(text) || !looks_garbled(text)) {
    return std::u32string(text);
  }
  for (const CodePage page : kCodePages) {
    if (auto fixed = reread(text, page)) {
      return *fixed;
    }
  }
  std::u32string fixed = fix_runs(text);
  if (fixed == text) {
    std::transform(fixed.begin(), fixed.end(), fixed.begin(), c1_as_windows_1252);
  }
  return fixed;
}

}  // namespace

std::u32string fix_encoding(std::u32string text) {
  for (;;) {
    std::u32string fixed = fix_once(text);
    if (fixed == text) {
      return fixed;
    }
    text = std::move(fixed);
  }
}

}  // namespace vifi::text
