#include "text/clip_bpe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "text/embedded.h"
#include "vifi/error.h"

namespace vifi::text {
namespace {

using ::testing::ElementsAre;

std::string vocabulary() {
  return gunzip(embedded_bpe_merges(), 1 << 20);
}

std::vector<std::int64_t> ids_of(std::string_view word) {
  static const ClipBpe bpe(vocabulary());
  std::vector<std::int64_t> ids;
  bpe.append_ids(word, ids);
  return ids;
}

TEST(ClipBpe, TheSpecialTokensComeLast) {
  const ClipBpe bpe(vocabulary());
  EXPECT_EQ(bpe.start_id(), 49406);
  EXPECT_EQ(bpe.end_id(), 49407);
}

TEST(ClipBpe, TheLastByteOfAWordHasAnIdOfItsOwn) {
  EXPECT_THAT(ids_of("!"), ElementsAre(256));
  EXPECT_THAT(ids_of("~"), ElementsAre(256 + '~' - '!'));
}

TEST(ClipBpe, BytesWithoutACharacterOfTheirOwnFollowTheOthers) {
  EXPECT_THAT(ids_of(std::string_view("\0", 1)), ElementsAre(256 + 188));
  EXPECT_THAT(ids_of("\xAD"), ElementsAre(256 + 255));
}

TEST(ClipBpe, TheFirstMergeIsInTheFirstIdAfterTheBytes) {
  EXPECT_EQ(vocabulary().substr(vocabulary().find('\n') + 1, 4), "i n\n");
  EXPECT_THAT(ids_of("inx").front(), 512);
}

TEST(ClipBpe, NamesTheLineThatIsNoMerge) {
  try {
    ClipBpe("header\ni n\nq zzz\n");
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::corrupt);
    EXPECT_EQ(error.message(),
              "[load CLIP vocabulary] line 3: expected two known symbols that make a new one, got \"q zzz\"");
  }
  EXPECT_THROW(ClipBpe("header\ni n\ni n\n"), Error);  // makes the same symbol twice
  EXPECT_THROW(ClipBpe("header\ni n\n"), Error);       // ends too early
  EXPECT_THROW(ClipBpe(""), Error);
}

TEST(Gunzip, RefusesDamagedAndOversizedData) {
  const std::string_view packed = embedded_bpe_merges();
  EXPECT_THROW(gunzip(packed, 1000), Error);
  EXPECT_THROW(gunzip(packed.substr(0, packed.size() / 2), 1 << 20), Error);
  EXPECT_THROW(gunzip("", 1 << 20), Error);
}

}  // namespace
}  // namespace vifi::text
