#include "stream/sampling_grid.h"

#include <gtest/gtest.h>

#include "vifi/error.h"

namespace vifi {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

TEST(SamplingGrid, TakesTheFirstFrameThatReachesEachPoint) {
  SamplingGrid grid(4 * kSecond, 16);  // a point every 250 ms
  EXPECT_EQ(grid.points_for(0), 1);
  EXPECT_EQ(grid.points_for(249'999'999), 0);
  EXPECT_EQ(grid.points_for(250'000'000), 1);
}

TEST(SamplingGrid, ASlowStreamRepeatsItsFrames) {
  SamplingGrid grid(4 * kSecond, 16);
  grid.points_for(0);
  EXPECT_EQ(grid.points_for(kSecond), 4);
}

TEST(SamplingGrid, AFrameOneWindowLaterFillsExactlyOneWindow) {
  SamplingGrid grid(kSecond, 3);
  grid.points_for(5);
  EXPECT_FALSE(grid.is_jump(5 + kSecond));
  EXPECT_EQ(grid.points_for(5 + kSecond), 3);
}

TEST(SamplingGrid, DoesNotDriftWhenThePeriodIsNoWholeNumber) {
  SamplingGrid grid(kSecond, 3);
  grid.points_for(0);
  EXPECT_EQ(grid.time_of(1), 333'333'333);
  EXPECT_EQ(grid.time_of(2), 666'666'666);
  EXPECT_EQ(grid.time_of(3'000'000), 1'000'000 * kSecond);
}

TEST(SamplingGrid, StartsAtTheFirstFrameWhateverItsTime) {
  SamplingGrid grid(4 * kSecond, 16);
  EXPECT_EQ(grid.time_of(0), std::nullopt);
  EXPECT_EQ(grid.points_for(80'000'000), 1);
  EXPECT_EQ(grid.time_of(1), 330'000'000);
}

TEST(SamplingGrid, OlderFramesRepresentNothing) {
  SamplingGrid grid(4 * kSecond, 16);
  grid.points_for(0);
  grid.points_for(240'000'000);
  EXPECT_EQ(grid.points_for(200'000'000), 0);
  EXPECT_EQ(grid.points_for(250'000'000), 1);
}

TEST(SamplingGrid, OnlyMoreThanAWindowIsAJump) {
  SamplingGrid grid(4 * kSecond, 16);
  EXPECT_FALSE(grid.is_jump(100 * kSecond));  // the first frame
  grid.points_for(10 * kSecond);
  EXPECT_FALSE(grid.is_jump(14 * kSecond));
  EXPECT_TRUE(grid.is_jump(14 * kSecond + 1));
  EXPECT_FALSE(grid.is_jump(6 * kSecond));
  EXPECT_TRUE(grid.is_jump(6 * kSecond - 1));
}

TEST(SamplingGrid, KnowsAJumpAcrossAllTimes) {
  constexpr std::int64_t kFarthest = (std::int64_t{1} << 62) - 1;
  SamplingGrid grid(4 * kSecond, 16);
  grid.points_for(-kFarthest);
  EXPECT_TRUE(grid.is_jump(kFarthest));
  EXPECT_FALSE(grid.is_jump(-kFarthest));
}

TEST(SamplingGrid, ForgetsOnReset) {
  SamplingGrid grid(4 * kSecond, 16);
  grid.points_for(0);
  grid.reset();
  EXPECT_EQ(grid.points_for(100 * kSecond + 1), 1);
  EXPECT_EQ(grid.time_of(0), 100 * kSecond + 1);
}

TEST(SamplingGrid, RejectsAnEmptyWindow) {
  EXPECT_THROW(SamplingGrid(0, 16), Error);
  EXPECT_THROW(SamplingGrid(kSecond, 0), Error);
  EXPECT_THROW(SamplingGrid(15, 16), Error);
}

}  // namespace
}  // namespace vifi
