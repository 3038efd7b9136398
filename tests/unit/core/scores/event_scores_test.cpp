#include "vifi/event_scores.h"

#include <gtest/gtest.h>

#include <cmath>

namespace vifi {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

TimelineSegment segment(int start_s, int end_s, const char* label) {
  return {start_s * kSecond, end_s * kSecond, label};
}
ReportedEvent event(int start_s, int end_s, int announced_s, const char* label) {
  return {start_s * kSecond, end_s * kSecond, announced_s * kSecond, label};
}

EventScores scores_of(const std::vector<TimelineSegment>& timeline, const std::vector<ReportedEvent>& events) {
  EventScores scores;
  add_video(scores, timeline, events);
  return scores;
}

TEST(EventScores, CountWhatAgreesAtEachOverlap) {
  // 10 to 14 of 10 to 20: intersection 4, union 10
  const auto scores = scores_of({segment(0, 10, "run"), segment(10, 20, "jump"), segment(20, 30, "")},
                                {event(0, 10, 4, "run"), event(10, 14, 13, "jump")});
  EXPECT_EQ(scores.actions, 2);
  EXPECT_EQ(scores.events, 2);
  EXPECT_EQ(scores.matched[0], 2);
  EXPECT_EQ(scores.matched[1], 2);
  EXPECT_EQ(scores.matched[2], 1);
  EXPECT_DOUBLE_EQ(scores.f1(0), 1);
  EXPECT_DOUBLE_EQ(scores.f1(2), 0.5);
}

TEST(EventScores, ASegmentIsFoundOnceAndByTheBestEvent) {
  const auto scores = scores_of({segment(0, 10, "run")}, {event(0, 4, 3, "run"), event(4, 10, 7, "run")});
  EXPECT_EQ(scores.matched[0], 1);
  EXPECT_EQ(scores.matched[2], 1);  // 6 of 10 seconds
  EXPECT_NEAR(scores.f1(2), 2.0 / 3, 1e-12);
}

TEST(EventScores, AnotherLabelIsNoMatch) {
  const auto scores = scores_of({segment(0, 10, "run")}, {event(0, 10, 3, "jump")});
  EXPECT_EQ(scores.matched[0], 0);
  EXPECT_TRUE(scores.delays_s.empty());
  EXPECT_TRUE(std::isnan(scores.median_delay_s()));
}

TEST(EventScores, DelaysRunFromTheSegmentsStartToTheFirstAnnouncement) {
  const auto scores =
      scores_of({segment(0, 10, "run"), segment(10, 20, "jump"), segment(20, 26, "run"), segment(26, 36, "sit")},
                {event(0, 25, 4, "run"), event(12, 20, 15, "jump"), event(14, 16, 16, "jump")});
  // run 4, jump 5, run again 0 as the event goes on, sit missed
  EXPECT_EQ(scores.delays_s, (std::vector<double>{4, 5, 0}));
  EXPECT_DOUBLE_EQ(scores.median_delay_s(), 4);
  EXPECT_DOUBLE_EQ(scores.mean_delay_s(), 3);
}

TEST(EventScores, AnEventThatLiesMostlyWhereNothingHappensIsAFalseAlarm) {
  const auto scores = scores_of({segment(0, 10, "run"), segment(10, 46, "")},
                                {event(0, 14, 4, "run"), event(9, 12, 11, "run"), event(20, 22, 21, "jump")});
  EXPECT_EQ(scores.false_alarms, 2);
  EXPECT_EQ(scores.idle_ns, 36 * kSecond);
  EXPECT_DOUBLE_EQ(scores.false_alarms_per_idle_hour(), 200);
}

TEST(EventScores, NothingToFindAndNothingFoundIsPerfect) {
  const auto scores = scores_of({segment(0, 10, "")}, {});
  EXPECT_DOUBLE_EQ(scores.f1(2), 1);
  EXPECT_DOUBLE_EQ(scores.false_alarms_per_idle_hour(), 0);
  EXPECT_TRUE(std::isnan(scores_of({}, {}).false_alarms_per_idle_hour()));
}

TEST(EventScores, VideosAddUp) {
  EventScores scores;
  const std::vector<TimelineSegment> timeline{segment(0, 10, "run"), segment(10, 20, "")};
  add_video(scores, timeline, std::vector{event(0, 10, 4, "run")});
  add_video(scores, timeline, {});
  EXPECT_EQ(scores.actions, 2);
  EXPECT_NEAR(scores.f1(2), 2.0 / 3, 1e-12);
  EXPECT_EQ(scores.idle_ns, 20 * kSecond);
}

}  // namespace
}  // namespace vifi
