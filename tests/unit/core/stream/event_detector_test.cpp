#include "vifi/event_detector.h"

#include <cmath>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_model.h"
#include "vifi/error.h"

namespace vifi::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

EventOptions plain() {
  EventOptions options;
  options.smoothing_ns = 0;
  options.enter_threshold = 0.6;
  options.exit_threshold = 0.4;
  return options;
}

/// A detector that is shown windows of 4 s, one a second: number n covers second n to n + 4, its middle is n + 2.
struct Timeline {
  explicit Timeline(const EventOptions& options, const std::vector<std::string>& names = {"a", "b"})
      : detector(options), labels(make_label_set(names)) {}

  void show(const std::vector<float>& probabilities) {
    Result result;
    result.start_ns = next * kSecond;
    result.end_ns = (next + 4) * kSecond;
    result.tag.running_ns = next;
    ++next;
    keep(detector.update(result, labels, probabilities));
  }

  /// Probabilities of label a, label b having none.
  void show_a(const std::vector<float>& probabilities) {
    for (const float p : probabilities) {
      show({p, 0});
    }
  }

  void keep(const std::vector<Event>& events) {
    for (const Event& event : events) {
      const char* phase = event.phase == EventPhase::start ? "start" : event.phase == EventPhase::end ? "end" : "on";
      log.push_back(event.name + std::to_string(event.seq) + " " + phase + " " +
                    std::to_string(event.start_ns / kSecond) + "-" + std::to_string(event.end_ns / kSecond));
      last = event;
    }
  }

  std::vector<std::string> seen() { return std::exchange(log, {}); }

  EventDetector detector;
  LabelSet labels;
  std::int64_t next = 0;
  std::vector<std::string> log;
  Event last;
};

TEST(EventDetector, StartsHoldsAndEndsByTwoThresholds) {
  Timeline timeline(plain());
  timeline.show_a({0.5F, 0.6F, 0.4F, 0.39F, 0.5F});
  EXPECT_THAT(timeline.seen(), ElementsAre("a0 start 3-5", "a0 on 3-6", "a0 end 3-5"));
}

TEST(EventDetector, WhatTheFirstResultShowsBeganWithItsWindow) {
  Timeline timeline(plain());
  timeline.show_a({0.9F});
  EXPECT_THAT(timeline.seen(), ElementsAre("a0 start 0-4"));
}

TEST(EventDetector, FinishEndsEventsAtTheNewestResultsEnd) {
  Timeline timeline(plain());
  timeline.show_a({0.9F, 0.9F});
  timeline.seen();
  timeline.keep(timeline.detector.finish());
  EXPECT_THAT(timeline.seen(), ElementsAre("a0 end 0-5"));
  EXPECT_THAT(timeline.detector.finish(), IsEmpty());
}

TEST(EventDetector, CountsEventsOnAfterFinish) {
  Timeline timeline(plain());
  timeline.show_a({0.9F});
  timeline.detector.finish();
  timeline.seen();
  timeline.show_a({0.9F});
  EXPECT_THAT(timeline.seen(), ElementsAre("a1 start 1-5"));
}

TEST(EventDetector, SmoothsWithTheTimeThatPassed) {
  EventOptions options = plain();
  options.smoothing_ns = kSecond;
  Timeline timeline(options);
  timeline.show_a({0, 1});  // 1 - 1/e = 0.632
  EXPECT_NEAR(timeline.last.score, 1 - std::exp(-1), 1e-6);
  timeline.next += 1;  // two seconds pass
  timeline.show_a({1});
  EXPECT_NEAR(timeline.last.score, 1 - std::exp(-3), 1e-6);
  timeline.show_a({0});
  EXPECT_NEAR(timeline.last.score, (1 - std::exp(-3)) * std::exp(-1), 1e-6);
}

TEST(EventDetector, RemembersThePeak) {
  Timeline timeline(plain());
  timeline.show_a({0.7F, 0.9F, 0.5F});
  EXPECT_FLOAT_EQ(timeline.last.score, 0.5F);
  EXPECT_FLOAT_EQ(timeline.last.peak, 0.9F);
  timeline.show_a({0, 0.7F});
  EXPECT_FLOAT_EQ(timeline.last.peak, 0.7F);
}

TEST(EventDetector, AnnouncesALongEnoughSpanWithItsTrueStart) {
  EventOptions options = plain();
  options.min_duration_ns = 2 * kSecond;
  Timeline timeline(options);
  timeline.show_a({0, 0.9F, 0.9F});
  EXPECT_THAT(timeline.seen(), IsEmpty());
  timeline.show_a({0.9F, 0});
  EXPECT_THAT(timeline.seen(), ElementsAre("a0 start 3-7", "a0 end 3-6"));
}

TEST(EventDetector, NeverAnnouncesAShorterSpan) {
  EventOptions options = plain();
  options.min_duration_ns = 2 * kSecond + 1;
  Timeline timeline(options);
  timeline.show_a({0, 0.9F, 0.9F, 0.9F, 0});
  timeline.keep(timeline.detector.finish());
  EXPECT_THAT(timeline.seen(), IsEmpty());
}

TEST(EventDetector, AShortPauseDoesNotEndAnEvent) {
  EventOptions options = plain();
  options.merge_gap_ns = kSecond;
  Timeline timeline(options);
  timeline.show_a({0.9F, 0, 0.5F});
  EXPECT_THAT(timeline.seen(), ElementsAre("a0 start 0-4", "a0 on 0-5", "a0 on 0-6"));
  timeline.show_a({0, 0});
  EXPECT_THAT(timeline.seen(), ElementsAre("a0 on 0-7", "a0 end 0-5"));  // since the middle of number 3
}

TEST(EventDetector, FinishInAPauseEndsAtThePause) {
  EventOptions options = plain();
  options.merge_gap_ns = 10 * kSecond;
  Timeline timeline(options);
  timeline.show_a({0.9F, 0.9F, 0, 0});
  timeline.seen();
  timeline.keep(timeline.detector.finish());
  EXPECT_THAT(timeline.seen(), ElementsAre("a0 end 0-4"));
}

EventOptions low_thresholds() {
  EventOptions options = plain();
  options.enter_threshold = 0.3;
  options.exit_threshold = 0.2;
  return options;
}

TEST(EventDetector, KeepsOnlyTheStrongestOpen) {
  Timeline timeline(low_thresholds());
  timeline.show({0.5F, 0.4F});
  timeline.show({0.4F, 0.5F});
  EXPECT_THAT(timeline.seen(), ElementsAre("a0 start 0-4", "a0 end 0-3", "b1 start 3-5"));
}

TEST(EventDetector, AWeakEventGoesOnWhileNothingElseEnters) {
  Timeline timeline(low_thresholds());
  timeline.show({0.5F, 0});
  timeline.show({0.25F, 0.29F});
  EXPECT_THAT(timeline.seen(), ElementsAre("a0 start 0-4", "a0 on 0-5"));
}

TEST(EventDetector, ATakeoverWaitsForTheMinimumDuration) {
  EventOptions options = low_thresholds();
  options.min_duration_ns = kSecond;
  options.merge_gap_ns = 5 * kSecond;
  Timeline timeline(options);
  timeline.show({0.5F, 0});
  timeline.show({0.4F, 0.5F});  // a moment of b
  timeline.show({0.5F, 0.4F});
  EXPECT_THAT(timeline.seen(), ElementsAre("a0 start 0-4", "a0 on 0-5", "a0 on 0-6"));
  timeline.show({0.4F, 0.5F});
  timeline.show({0.4F, 0.5F});
  EXPECT_THAT(timeline.seen(), ElementsAre("a0 on 0-7", "a0 end 0-5", "b1 start 5-8"));
}

TEST(EventDetector, WithoutExclusiveEventsOverlap) {
  EventOptions options = low_thresholds();
  options.exclusive = false;
  Timeline timeline(options);
  timeline.show({0.5F, 0.4F});
  timeline.show({0, 0.4F});
  EXPECT_THAT(timeline.seen(), ElementsAre("a0 start 0-4", "b1 start 0-4", "a0 end 0-3", "b1 on 0-5"));
}

TEST(EventDetector, BackgroundsNeverOpen) {
  Timeline timeline(plain());
  timeline.labels = make_label_set({"a"});
  timeline.labels.add_backgrounds({"idle"});
  timeline.show({0.1F, 0.9F});
  EXPECT_THAT(timeline.seen(), IsEmpty());
}

TEST(EventDetector, ARemovedLabelEndsItsEventAndTheOthersGoOn) {
  EventOptions options = low_thresholds();
  options.exclusive = false;
  Timeline timeline(options);
  timeline.show({0.5F, 0.4F});
  timeline.seen();
  timeline.labels = make_label_set({"c", "b"});
  timeline.show({0, 0.4F});
  EXPECT_THAT(timeline.seen(), ElementsAre("a0 end 0-4", "b1 on 0-5"));
}

TEST(EventDetector, SetLabelsEndsAtOnce) {
  Timeline timeline(plain());
  timeline.show_a({0.9F});
  timeline.seen();
  timeline.keep(timeline.detector.set_labels(make_label_set({"b"})));
  EXPECT_THAT(timeline.seen(), ElementsAre("a0 end 0-4"));
}

TEST(EventDetector, CarriesTheTagOfTheFrame) {
  Timeline timeline(plain());
  timeline.show_a({0, 0.9F});
  EXPECT_EQ(timeline.last.tag.running_ns, 1);
}

TEST(EventDetector, RefusesImpossibleOptions) {
  const auto refused = [](auto change) {
    EventOptions options;
    change(options);
    EXPECT_THROW(EventDetector{options}, Error);
  };
  refused([](auto& o) { o.enter_threshold = 1.1; });
  refused([](auto& o) { o.exit_threshold = -0.1; });
  refused([](auto& o) { o.exit_threshold = o.enter_threshold + 0.1; });
  refused([](auto& o) { o.smoothing_ns = -1; });
  refused([](auto& o) { o.enter_threshold = NAN; });
}

}  // namespace
}  // namespace vifi::testing
