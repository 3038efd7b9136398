#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stream/state_ring.h"
#include "stream/window_clock.h"

namespace vifi {
namespace {

using ::testing::ElementsAre;

constexpr std::int64_t kSecond = 1'000'000'000;

std::vector<int> completed_samples(WindowClock clock, int samples) {
  std::vector<int> completed;
  for (int i = 0; i < samples; ++i) {
    if (clock.advance()) {
      completed.push_back(i);
    }
  }
  return completed;
}

TEST(WindowClock, CompletesTheFirstWindowAndThenOneEveryHop) {
  EXPECT_THAT(completed_samples(WindowClock(16, 4), 26), ElementsAre(15, 19, 23));
}

TEST(WindowClock, AHopMayBeLongerThanAWindow) {
  EXPECT_THAT(completed_samples(WindowClock(2, 5), 12), ElementsAre(1, 6, 11));
}

TEST(WindowClock, HasATailUntilAWindowCoversIt) {
  WindowClock clock(2, 2);
  EXPECT_FALSE(clock.has_tail());
  clock.advance();
  EXPECT_TRUE(clock.has_tail());
  clock.advance();
  EXPECT_FALSE(clock.has_tail());
  clock.advance();
  EXPECT_TRUE(clock.has_tail());
  clock.reset();
  EXPECT_FALSE(clock.has_tail());
}

TEST(WindowClock, RoundsTheHopToSamplesButNeverToNone) {
  EXPECT_EQ(hop_in_samples(kSecond, 4 * kSecond, 16), 4);
  EXPECT_EQ(hop_in_samples(870'000'000, 4 * kSecond, 16), 3);  // 3.48
  EXPECT_EQ(hop_in_samples(880'000'000, 4 * kSecond, 16), 4);  // 3.52
  EXPECT_EQ(hop_in_samples(1, 4 * kSecond, 16), 1);
}

std::vector<float> content(const StateRing& ring) {
  std::vector<float> states;
  ring.append_to(states);
  return states;
}

TEST(StateRing, KeepsTheNewestStatesOldestFirst) {
  StateRing ring(3, 2);
  for (float i = 0; i < 5; ++i) {
    ring.push(std::vector<float>{i, i + 0.5F}, true);
  }
  EXPECT_THAT(content(ring), ElementsAre(2, 2.5, 3, 3.5, 4, 4.5));
}

TEST(StateRing, GivesWhatItHasBeforeItIsFull) {
  StateRing ring(3, 1);
  ring.push(std::vector<float>{7}, true);
  ring.push(std::vector<float>{8}, true);
  EXPECT_EQ(ring.size(), 2);
  EXPECT_THAT(content(ring), ElementsAre(7, 8));
  ring.clear();
  EXPECT_THAT(content(ring), ElementsAre());
}

TEST(StateRing, CountsRepeatedStatesApart) {
  StateRing ring(2, 1);
  ring.push(std::vector<float>{1}, true);
  ring.push(std::vector<float>{1}, false);
  EXPECT_EQ(ring.encoded(), 1);
  ring.push(std::vector<float>{2}, true);
  EXPECT_EQ(ring.encoded(), 1);
  ring.push(std::vector<float>{3}, true);
  EXPECT_EQ(ring.encoded(), 2);
}

}  // namespace
}  // namespace vifi
