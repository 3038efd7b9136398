#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "vifi/error.h"
#include "vifi/tokenizer.h"

namespace vifi {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr int kClipLength = 77;
constexpr std::int64_t kStart = 49406;
constexpr std::int64_t kEnd = 49407;

std::string repeated(std::string_view text, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) {
    out += text;
  }
  return out;
}

/// The ids up to the first end token.
std::vector<std::int64_t> ids_of(const std::string& text) {
  const TokenBatch batch = clip_tokenizer()->encode({text}, kClipLength, false);
  return {batch.ids.begin(), batch.ids.begin() + batch.used[0]};
}

TEST(ClipTokenizer, GivesTheIdsOfTheReference) {
  EXPECT_THAT(ids_of("a photo of a abseiling."), ElementsAre(kStart, 320, 1125, 539, 320, 596, 567, 3299, 269, kEnd));
  EXPECT_THAT(ids_of("a photo of a ApplyEyeMakeup."),
              ElementsAre(kStart, 320, 1125, 539, 320, 882, 75, 693, 693, 5853, 269, kEnd));
  EXPECT_THAT(ids_of("it's 2023!"), ElementsAre(kStart, 585, 568, 273, 271, 273, 274, 256, kEnd));
}

TEST(ClipTokenizer, AnEmptyTextIsStartAndEnd) {
  EXPECT_THAT(ids_of(""), ElementsAre(kStart, kEnd));
  EXPECT_THAT(ids_of(" \n\t"), ElementsAre(kStart, kEnd));
}

TEST(ClipTokenizer, PadsEachRowWithZeros) {
  const TokenBatch batch = clip_tokenizer()->encode({"a", ""}, 4, false);
  EXPECT_EQ(batch.length, 4);
  EXPECT_THAT(batch.ids, ElementsAre(kStart, 320, kEnd, 0, kStart, kEnd, 0, 0));
  EXPECT_THAT(batch.used, ElementsAre(3, 2));
}

TEST(ClipTokenizer, NoTextsMakeAnEmptyBatch) {
  EXPECT_THAT(clip_tokenizer()->encode({}, 77, false).ids, SizeIs(0));
}

TEST(ClipTokenizer, FillsTheContextExactly) {
  EXPECT_THAT(ids_of(repeated("a ", 75)), SizeIs(77));
}

TEST(ClipTokenizer, NamesTheTextThatIsTooLong) {
  try {
    clip_tokenizer()->encode({"a", repeated("b ", 76)}, kClipLength, false);
    ADD_FAILURE();
  } catch (const TextTooLong& error) {
    EXPECT_EQ(error.index(), 1U);
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    EXPECT_THAT(error.message(),
                AllOf(HasSubstr("[tokenize] text 2, \"b b b"), HasSubstr("76 tokens, expected at most 75")));
  }
}

TEST(ClipTokenizer, TruncationKeepsTheStartAndEndsWithTheEndToken) {
  const TokenBatch batch = clip_tokenizer()->encode({"a a a a a"}, 4, true);
  EXPECT_THAT(batch.ids, ElementsAre(kStart, 320, 320, kEnd));
  EXPECT_THAT(batch.used, ElementsAre(4));
}

TEST(ClipTokenizer, ALiteralEndTokenEndsTheText) {
  const TokenBatch batch = clip_tokenizer()->encode({"a <|EndOfText|> a"}, 8, false);
  EXPECT_THAT(batch.ids, ElementsAre(kStart, 320, kEnd, 320, kEnd, 0, 0, 0));
  EXPECT_THAT(batch.used, ElementsAre(3));
}

TEST(ClipTokenizer, RefusesAContextWithoutRoomForStartAndEnd) {
  EXPECT_THROW(clip_tokenizer()->encode({"a"}, 1, true), Error);
  EXPECT_THROW(clip_tokenizer()->encode({"a"}, 1 << 30, true), Error);
}

TEST(ClipTokenizer, RefusesTextThatIsNotUtf8) {
  try {
    clip_tokenizer()->encode({"caf\xE9"}, kClipLength, false);
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    EXPECT_THAT(error.message(), HasSubstr("not UTF-8 at byte 3"));
  }
}

TEST(ClipTokenizer, IsMadeOnce) {
  EXPECT_EQ(clip_tokenizer(), clip_tokenizer());
}

TEST(ClipTokenizer, ServesManyThreads) {
  std::vector<std::vector<std::int64_t>> results(8);
  std::vector<std::thread> threads;
  for (auto& result : results) {
    threads.emplace_back([&result] { result = ids_of("a photo of a caf&eacute;."); });
  }
  for (auto& thread : threads) {
    thread.join();
  }
  EXPECT_THAT(results, Each(results.front()));
}

TEST(ClipTokenizer, AWordWithoutEndTakesNoQuadraticTime) {
  const std::string word(1 << 17, 'x');
  EXPECT_EQ(clip_tokenizer()->encode({word}, kClipLength, true).used[0], kClipLength);
}

}  // namespace
}  // namespace vifi
