#include <gtest/gtest.h>

#include <algorithm>

#include "support/both_modes.h"

/// What may befall a stream. Windows of 4 frames over 1 s, a result every 500 ms; both modes must tell the same.
namespace vifi::testing {
namespace {

constexpr const char* kQuiet = "labels=\"mean;level 0.5\" enter-threshold=1 exit-threshold=1";

std::vector<std::uint64_t> starts_ms(const Seen& seen) {
  std::vector<std::uint64_t> starts;
  for (const SeenResult& result : seen.results) starts.push_back(result.start / kMs);
  return starts;
}

std::vector<double> means(const Seen& seen) {
  std::vector<double> values;
  for (const SeenResult& result : seen.results) values.push_back(result.similarity_of("mean"));
  return values;
}

using Times = std::vector<std::uint64_t>;

class Edges : public ::testing::Test {
 protected:
  void SetUp() override { fresh_control(); }
};

TEST_F(Edges, ASeekWithFlushForgetsTheWindow) {
  BothModes both(kQuiet);
  both.frames(0, 600, 255);
  both.stream().flush();
  both.stream().segment(20'000, 20'000, 0);
  both.frames(20'000, 20'800, 0);
  const Seen seen = both.end();
  EXPECT_EQ(starts_ms(seen), Times{20'000});
  EXPECT_NEAR(means(seen).at(0), 0, 1e-5);
}

TEST_F(Edges, ASeekWithoutFlushGivesALastResultOfWhatWasSeen) {
  BothModes both(kQuiet);
  both.stream().segment(0, 0, 0);
  both.frames(0, 600, 255);
  both.stream().segment(0, 0, 600);  // as a segment seek loops: running time goes on, stream time jumps back
  both.frames(0, 800, 0);
  const Seen seen = both.end();
  EXPECT_EQ(starts_ms(seen), (Times{0, 0}));
  EXPECT_NEAR(means(seen).at(0), 1, 1e-5);
  EXPECT_NEAR(means(seen).at(1), 0, 1e-5);
}

TEST_F(Edges, FlushesInARowAndWithoutFramesDoNoHarm) {
  BothModes both(kQuiet);
  both.stream().flush();
  both.stream().segment(0, 0, 0);
  both.stream().flush();
  both.stream().flush();
  both.stream().segment(0, 0, 0);
  both.frames(0, 800);
  EXPECT_EQ(starts_ms(both.end()), Times{0});
}

TEST_F(Edges, AFlushAfterEosStartsAnew) {
  BothModes both(kQuiet);
  both.frames(0, 600, 255);
  EXPECT_EQ(both.end().results.size(), 1U);
  both.stream().flush();
  both.stream().segment(0, 0, 0);
  both.frames(0, 800, 0);
  const Seen seen = both.end();
  EXPECT_EQ(starts_ms(seen), Times{0});
  EXPECT_EQ(seen.results.at(0).seq, 1U);
  EXPECT_NEAR(means(seen).at(0), 0, 1e-5);
}

TEST_F(Edges, AnotherSizeFormatAndRateKeepTheWindow) {
  BothModes both(kQuiet);
  both.frames(0, 500, 255);
  both.caps("video/x-raw,format=GRAY8,width=768,height=1,framerate=10/1");
  both.frames(500, 700, 255);
  both.caps("video/x-raw,format=GRAY8,width=4,height=192,framerate=0/1");
  both.frames(700, 800, 255);
  const Seen seen = both.end();
  EXPECT_EQ(starts_ms(seen), Times{0});
  EXPECT_NEAR(means(seen).at(0), 1, 0.01);
}

TEST_F(Edges, FramesMarkedAsGapAreNotSampled) {
  BothModes both(kQuiet);
  for (std::uint64_t pts = 0; pts < 800; pts += 50) {
    const bool gap = pts % 250 == 0 && pts > 0;  // those that would have been sampled
    Handle<GstBuffer> buffer = ClipHarness::frame(pts, gap ? 255 : 0);
    if (gap) GST_BUFFER_FLAG_SET(buffer.get(), GST_BUFFER_FLAG_GAP);
    both.push(std::move(buffer));
  }
  const Seen seen = both.end();  // the point at 750 ms has no frame: the last result covers the three before it
  ASSERT_EQ(starts_ms(seen), Times{0});
  EXPECT_EQ(seen.results[0].end, 750 * kMs);
  EXPECT_NEAR(means(seen)[0], 0, 1e-5);
}

TEST_F(Edges, AGapEventLongerThanAWindowStartsAnewWithTheNextFrame) {
  BothModes both(kQuiet);
  both.frames(0, 600, 255);
  both.stream().event(gst_event_new_gap(600 * kMs, 3'000 * kMs));
  both.frames(3'600, 4'400, 0);
  const Seen seen = both.end();
  EXPECT_EQ(starts_ms(seen), Times{3'600});
  EXPECT_EQ(both.stat("resets"), 1U);
}

TEST_F(Edges, DiscontAloneChangesNothing) {
  BothModes both(kQuiet);
  for (std::uint64_t pts = 0; pts < 1'300; pts += 50) {
    Handle<GstBuffer> buffer = ClipHarness::frame(pts);
    GST_BUFFER_FLAG_SET(buffer.get(), GST_BUFFER_FLAG_DISCONT);
    both.push(std::move(buffer));
  }
  EXPECT_EQ(starts_ms(both.end()), (Times{0, 500}));
}

TEST_F(Edges, FramesInDecodingOrderGiveTheWindowsOfTheNewestOnes) {
  BothModes both(kQuiet);
  for (std::uint64_t group = 0; group < 1'400; group += 200) {
    for (const std::uint64_t offset : {0, 150, 50, 100}) both.frame(group + offset);
  }
  const Seen seen = both.end();
  EXPECT_EQ(starts_ms(seen), (Times{0, 500}));
  EXPECT_TRUE(std::is_sorted(seen.results.begin(), seen.results.end(),
                             [](const auto& a, const auto& b) { return a.pts < b.pts; }));
}

TEST_F(Edges, EverySecondTimeStampMayBeMissing) {
  BothModes both(kQuiet);
  for (std::uint64_t pts = 0; pts < 800; pts += 50) {
    both.frame(pts % 100 == 0 ? std::optional(pts) : std::nullopt);
  }
  const Seen seen = both.end();
  ASSERT_EQ(starts_ms(seen), Times{0});
  EXPECT_EQ(seen.results[0].pts, 750 * kMs);
}

TEST_F(Edges, ATimeStampOf33BitsThatWrapsStartsAnew) {
  constexpr std::uint64_t kWrap = 95'443'700;  // 2^33 / 90 kHz
  BothModes both(kQuiet);
  both.frames(kWrap - 600, kWrap, 255);
  both.frames(0, 800, 0);
  const Seen seen = both.end();
  EXPECT_EQ(starts_ms(seen), Times{0});
  EXPECT_NEAR(means(seen).at(0), 0, 1e-5);
}

TEST_F(Edges, AWrapThatTheSegmentMendsGoesOn) {
  constexpr std::uint64_t kWrap = 95'443'700;
  BothModes both(kQuiet);
  both.stream().segment(kWrap - 500, 0, 0);
  both.frames(kWrap - 500, kWrap, 0);
  both.stream().segment(0, 500, 500);
  both.frames(0, 300, 255);
  const Seen seen = both.end();
  EXPECT_EQ(starts_ms(seen), Times{0});
  EXPECT_NEAR(means(seen).at(0), 0.5, 1e-5);
}

TEST_F(Edges, ATimeStampBelowZeroPassesUnseen) {
  BothModes both(kQuiet);
  const auto underflown = [] {
    Handle<GstBuffer> buffer = ClipHarness::frame(0, 255);
    GST_BUFFER_PTS(buffer.get()) = GstClockTime{0} - 40 * kMs;
    GST_BUFFER_DURATION(buffer.get()) = GstClockTime{0} - 2;
    return buffer;
  };
  both.push(underflown());
  both.frames(0, 500);
  both.push(underflown());
  both.frames(500, 800);
  const Seen seen = both.end();
  EXPECT_EQ(starts_ms(seen), Times{0});
  EXPECT_NEAR(means(seen).at(0), 0, 1e-5);
  EXPECT_EQ(both.stat("frames-sampled"), 4U);
}

TEST_F(Edges, ADurationBeyondReasonDoesNotCarryAWindow) {
  BothModes both(kQuiet);
  both.stream().segment(0, 0, 0);
  Handle<GstBuffer> buffer = ClipHarness::frame(0);
  GST_BUFFER_DURATION(buffer.get()) = GstClockTime{1} << 63;
  both.push(std::move(buffer));
  both.stream().segment(5'000, 50, 50);
  both.frames(5'000, 5'750);
  EXPECT_EQ(starts_ms(both.end()), Times{0});
}

TEST_F(Edges, EosBeforeAWindowGivesOneResultOfWhatThereIs) {
  BothModes both(kQuiet);
  both.frames(0, 300, 255);
  const Seen seen = both.end();
  ASSERT_EQ(starts_ms(seen), Times{0});
  EXPECT_EQ(seen.results[0].end, 500 * kMs);  // two samples
}

TEST_F(Edges, EosWithoutAFrameGivesNothing) {
  BothModes both(kQuiet);
  const Seen seen = both.end();
  EXPECT_TRUE(seen.results.empty());
  EXPECT_TRUE(seen.events.empty());
}

TEST_F(Edges, EosEndsWhatIsOpen) {
  BothModes both("labels=\"dark;bright\" smoothing=0");
  both.frames(0, 1'000, 255);
  const Seen seen = both.end();
  ASSERT_EQ(seen.events.size(), 2U);
  EXPECT_EQ(seen.events[0].phase, "start");
  EXPECT_EQ(seen.events[1].phase, "end");
}

TEST_F(Edges, AClockThatStandsStillHasOneResultAtItsEnd) {
  BothModes both(kQuiet);
  for (int i = 0; i < 40; ++i) both.frame(0);  // as an animated GIF comes
  EXPECT_TRUE(both.told().results.empty());
  EXPECT_EQ(starts_ms(both.end()), Times{0});
}

TEST_F(Edges, FieldsThatShareATimeStampAreTakenAsTheyAre) {
  BothModes both(kQuiet);
  for (std::uint64_t pts = 0; pts < 800; pts += 50) {
    both.frame(pts, 0);
    both.frame(pts, 255);  // never the first of its time
    both.frame(pts, 255);
  }
  const Seen seen = both.end();
  ASSERT_EQ(starts_ms(seen), Times{0});
  EXPECT_EQ(seen.results[0].pts, 750 * kMs);
  EXPECT_NEAR(means(seen)[0], 0, 1e-5);
}

}  // namespace
}  // namespace vifi::testing
