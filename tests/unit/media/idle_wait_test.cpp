#include "vifi/media/idle_wait.h"

#include <gtest/gtest.h>

#include <limits>

namespace vifi {
namespace {

TEST(IdleWait, CountsTimeThatTheProcessWasStoppedAsOnePart) {
  constexpr std::int64_t kLimit = 10'000, kStopped = 3'600'000;
  std::int64_t now = 0, parts = 0;
  const bool came = wait_in_parts(kLimit, [&](std::int64_t part) {
    now += ++parts == 3 ? kStopped : part;
    return now > kStopped + kLimit / 2;  // what was waited for: half of the limit after the process went on
  });
  EXPECT_TRUE(came);
}

TEST(IdleWait, EndsAtTheLimit) {
  std::int64_t waited = 0;
  EXPECT_FALSE(wait_in_parts(10'000, [&](std::int64_t part) { return (waited += part) > 10'000; }));
  EXPECT_EQ(waited, 10'000);
}

TEST(IdleWait, EndsAtOnceWithWhatCame) {
  int calls = 0;
  EXPECT_TRUE(wait_in_parts(std::numeric_limits<std::int64_t>::max(), [&](std::int64_t part) { return ++calls > 0 && part > 0; }));
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace vifi
