#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "text/charsmap_check.h"
#include "text/plain_words.h"
#include "vifi/error.h"
#include "vifi/tokenizer.h"

namespace vifi {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string model_file(const std::string& name) {
  return std::string(std::getenv("VIFI_TEST_DATA")) + "/golden/sentencepiece-tokens/_files/" + name;
}

std::string content_of(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::string refusal(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    return std::string(name_of(error.code())) + ": " + error.message();
  }
  return "accepted";
}

class SentencePiece : public testing::Test {
 protected:
  SentencePiece() { fs::create_directories(folder_); }
  ~SentencePiece() override { fs::remove_all(folder_); }

  void SetUp() override {
    if (!has_sentencepiece()) {
      GTEST_SKIP() << "this build has no SentencePiece";
    }
  }

  std::string write(const std::string& name, const std::string& content) const {
    std::ofstream(folder_ / name, std::ios::binary) << content;
    return (folder_ / name).string();
  }

  static std::vector<std::int64_t> ids(const SentencePieceOptions& options, const std::string& text, int length = 12) {
    return sentencepiece_tokenizer(options)->encode({text}, length, false).ids;
  }

  fs::path folder_ = fs::temp_directory_path() / ("vifi-sentencepiece-test-" + std::to_string(::getpid()));
};

TEST_F(SentencePiece, PadsWithTheEndTokenWhereTheVocabularyHasNoStartToken) {
  const TokenBatch batch =
      sentencepiece_tokenizer({.file = model_file("unigram-identity.model")})->encode({"the dog", ""}, 6, false);
  EXPECT_EQ(batch.ids[5], 1);
  EXPECT_EQ(batch.used[1], 1);
  EXPECT_THAT(std::vector(batch.ids.begin() + 6, batch.ids.end()), ElementsAre(1, 1, 1, 1, 1, 1));
}

TEST_F(SentencePiece, PadsWithThePaddingOfAVocabularyThatHasAStartToken) {
  EXPECT_THAT(ids({.file = model_file("bpe-bytes.model")}, "", 4), ElementsAre(1, 0, 0, 0));
}

TEST_F(SentencePiece, PadsWithWhatTheUserSays) {
  EXPECT_THAT(ids({.file = model_file("bpe-bytes.model"), .pad_id = 7}, "", 4), ElementsAre(1, 7, 7, 7));
}

TEST_F(SentencePiece, CutsLongTextsOnlyWhenTold) {
  const auto tokenizer = sentencepiece_tokenizer({.file = model_file("unigram-identity.model")});
  const std::vector<std::string> texts{"a", "a man is riding a horse slowly"};
  const TokenBatch batch = tokenizer->encode(texts, 4, true);
  EXPECT_EQ(batch.ids[7], 1);
  EXPECT_EQ(batch.used[1], 4);
  try {
    tokenizer->encode(texts, 4, false);
    ADD_FAILURE();
  } catch (const TextTooLong& error) {
    EXPECT_EQ(error.index(), 1U);
    EXPECT_THAT(error.message(), HasSubstr("expected at most 3"));
  }
}

TEST_F(SentencePiece, TheTwoWaysOfCleaningDifferInTheUnderscore) {
  const std::string file = model_file("unigram-identity.model");
  EXPECT_EQ(ids({.file = file}, "brush_hair"), ids({.file = file}, "brush hair"));
  const SentencePieceOptions other{.file = file, .cleaning = TextCleaning::hugging_face};
  EXPECT_EQ(ids(other, "brush_hair"), ids(other, "brushhair"));
}

TEST_F(SentencePiece, SaysWhatIsWrongWithAFile) {
  const auto load = [](const std::string& path) { return refusal([&] { sentencepiece_tokenizer({.file = path}); }); };
  EXPECT_THAT(load((folder_ / "gone.model").string()), HasSubstr("not_found: [tokenizer] "));
  EXPECT_THAT(load(folder_.string()), HasSubstr("unreadable: "));
  EXPECT_THAT(load(write("empty", "")), HasSubstr("corrupt: "));
  EXPECT_THAT(load(write("page", "<html>not found</html>")), HasSubstr("corrupt: "));
  const std::string whole = content_of(model_file("bpe-bytes.model"));
  EXPECT_THAT(load(write("half", whole.substr(0, whole.size() / 2))), HasSubstr("corrupt: "));
}

TEST_F(SentencePiece, RefusesAPieceThatBeginsWithANul) {
  std::string damaged = content_of(model_file("unigram-identity.model"));
  const std::size_t piece = damaged.find("\xe2\x96\x81");  // how SentencePiece writes a word's beginning
  ASSERT_NE(piece, std::string::npos);
  damaged[piece] = '\0';
  const std::string path = write("nul.model", damaged);
  EXPECT_THAT(refusal([&] { sentencepiece_tokenizer({.file = path}); }), HasSubstr("corrupt: [tokenizer] "));
}

TEST_F(SentencePiece, SurvivesDamagedBytes) {
  const std::string whole = content_of(model_file("bpe-bytes.model"));
  for (std::size_t at = 0; at < whole.size(); at += 97) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
    const std::string path = write("damaged", damaged);
    try {
      sentencepiece_tokenizer({.file = path})->encode({"a photo of a man, caf\u00e9"}, 64, true);
    } catch (const Error& error) {
      EXPECT_NE(error.code(), ErrorCode::invalid_argument) << at;
    }
  }
}

TEST_F(SentencePiece, IsFoundBesideTheWeights) {
  const std::string weights = write("open_clip_model.safetensors", "");
  EXPECT_FALSE(find_sentencepiece(weights));
  EXPECT_FALSE(find_sentencepiece(folder_.string()));
  write("config.json", "{}");
  const std::string file = write("spiece.model", "");
  for (const std::string& path : {weights, folder_.string(), file}) {
    const auto found = find_sentencepiece(path);
    ASSERT_TRUE(found) << path;
    EXPECT_EQ(found->file, file);
    EXPECT_EQ(found->cleaning, TextCleaning::hugging_face);
  }
  write("open_clip_config.json", "{}");
  EXPECT_EQ(find_sentencepiece(weights)->cleaning, TextCleaning::open_clip);
}

TEST_F(SentencePiece, IsWhatTheBundleNames) {
  write("w.bin", "");
  const std::string file = write("words.model", "");
  const auto found_in = [&](const std::string& tokenizer) {
    write("vifi.json", R"({"format": "vifi-bundle", "version": 1, "weights": "w.bin")" + tokenizer + "}");
    return find_sentencepiece(folder_.string());
  };
  EXPECT_FALSE(found_in(""));
  EXPECT_EQ(found_in(R"(, "tokenizer": {"kind": "sentencepiece", "file": "words.model"})")->file, file);
  const auto found = found_in(
      R"(, "tokenizer": {"kind": "sentencepiece", "file": "words.model", "cleaning": "hugging_face", "pad_id": 0})");
  EXPECT_EQ(found->cleaning, TextCleaning::hugging_face);
  EXPECT_EQ(found->pad_id, 0);
  EXPECT_THAT(refusal([&] { found_in(R"(, "tokenizer": {"kind": "sentencepiece", "file": "words.model", "pad_id": -1})"); }),
              HasSubstr("tokenizer.pad_id: expected a token id"));
}

TEST(PlainWords, AreLowerCaseWithoutPunctuation) {
  EXPECT_EQ(text::plain_words(U" It\u2019s  2023,\tisn't it? ", TextCleaning::open_clip), U"its 2023 isnt it");
  EXPECT_EQ(text::plain_words(U"A-b_C &amp; d", TextCleaning::open_clip), U"ab c d");
  EXPECT_EQ(text::plain_words(U"A-b_C &amp; d", TextCleaning::hugging_face), U"abc amp d");
  EXPECT_EQ(text::plain_words(U"\u03a3\u0391\u03a3", TextCleaning::hugging_face), U"\u03c3\u03b1\u03c2");
}

/// A ModelProto that holds nothing but normalisation tables of 256 trie units and the strings "\0x\0".
std::string model_with(std::size_t unit, std::uint32_t bits, const std::string& strings = std::string("\0x\0", 3)) {
  std::vector<std::uint32_t> units(256);
  units[unit] = bits;
  std::string trie(units.size() * 4, '\0');
  std::memcpy(trie.data(), units.data(), trie.size());
  const std::string table = std::string("\0\4\0\0", 4) + trie + strings;
  const auto field = [](char number, const std::string& content) {
    return std::string{static_cast<char>(number << 3 | 2), static_cast<char>((content.size() & 0x7f) | 0x80),
                       static_cast<char>(content.size() >> 7)} +
           content;
  };
  return field(3, field(2, table));
}

TEST(CharsmapCheck, AcceptsTablesThatStayInside) {
  EXPECT_EQ(text::charsmap_fault(model_with(0, 0)), "");
  EXPECT_EQ(text::charsmap_fault(model_with(5, 0x80000002U)), "");  // a value that nobody reaches
  EXPECT_EQ(text::charsmap_fault(content_of(model_file("bpe-bytes.model"))), "");
}

TEST(CharsmapCheck, FindsAStepOutOfTheTrie) {
  EXPECT_THAT(text::charsmap_fault(model_with(7, 256U << 10)), HasSubstr("leads outside"));
  EXPECT_THAT(text::charsmap_fault(model_with(7, 1U << 10 | 1U << 9)), HasSubstr("leads outside"));
}

TEST(CharsmapCheck, FindsAStringOutsideTheTable) {
  const std::uint32_t step_with_value = 1U << 8;  // the unit is its own value, 256
  EXPECT_THAT(text::charsmap_fault(model_with(9, step_with_value)), HasSubstr("a string outside"));
  EXPECT_THAT(text::charsmap_fault(model_with(0, 0, "x")), HasSubstr("has no end"));
}

TEST(CharsmapCheck, FindsFieldsThatEndBeyondTheFile) {
  const std::string whole = model_with(0, 0);
  for (const std::size_t size : {1U, 2U, 4U, 5U, 500U}) {
    EXPECT_NE(text::charsmap_fault(whole.substr(0, size)), "") << size;
  }
}

}  // namespace
}  // namespace vifi
