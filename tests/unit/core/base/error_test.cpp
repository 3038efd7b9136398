#include "vifi/error.h"

#include <gtest/gtest.h>

namespace vifi {
namespace {

TEST(Error, ShowsTheCureBelowTheCause) {
  const Error error(ErrorCode::not_found, "[load] model.pt: no such file", "check the path");
  EXPECT_STREQ(error.what(), "[load] model.pt: no such file\n  hint: check the path");
  EXPECT_EQ(error.message(), "[load] model.pt: no such file");
}

TEST(Error, HasNoHintLineWithoutAHint) {
  EXPECT_STREQ(Error(ErrorCode::internal, "[x] y").what(), "[x] y");
}

TEST(Error, EveryCodeHasAName) {
  EXPECT_EQ(name_of(ErrorCode::device_unavailable), "device_unavailable");
}

}  // namespace
}  // namespace vifi
