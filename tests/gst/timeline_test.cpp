#include <gtest/gtest.h>

#include "support/clip_harness.h"

namespace vifi::testing {
namespace {

/// Labels that make no events, and one that shows which frames a window holds.
constexpr const char* kQuiet = "labels=\"mean;level 0.5\" enter-threshold=1 exit-threshold=1";

class StreamTime : public ::testing::Test {
 protected:
  void SetUp() override { fresh_control(); }
};

TEST_F(StreamTime, ResultsSpeakStreamTimeAndNotBufferTime) {
  ClipHarness clip(kQuiet);
  clip.segment(/*start=*/10'000, /*time=*/2'000, /*base=*/500);
  const Seen seen = clip.push_range(10'000, 11'000);
  ASSERT_EQ(seen.results.size(), 1U);
  EXPECT_EQ(seen.results[0].start, 2'000 * kMs);
  EXPECT_EQ(seen.results[0].pts, 2'750 * kMs);
  EXPECT_EQ(seen.results[0].running, 1'250 * kMs);
}

TEST_F(StreamTime, FramesOutsideTheSegmentPassUnseen) {
  ClipHarness clip(kQuiet);
  clip.segment(1'000, 0, 0);
  EXPECT_FALSE(clip.push_range(0, 1'000).any);
  EXPECT_EQ(clip.stat("frames-sampled"), 0U);
  const Seen seen = clip.push_range(1'000, 2'000);
  ASSERT_EQ(seen.results.size(), 1U);
  EXPECT_EQ(seen.results[0].start, 0U);
}

TEST_F(StreamTime, FramesThatPlayBackwardsPassUnseen) {
  ClipHarness clip(kQuiet);
  clip.segment(0, 0, 0, -1.0);
  for (std::uint64_t pts = 3'000; pts > 0; pts -= 100) EXPECT_FALSE(clip.push(pts).any);
  EXPECT_EQ(clip.stat("frames-sampled"), 0U);
}

TEST_F(StreamTime, AMissingTimeStampFollowsFromTheDuration) {
  ClipHarness clip(kQuiet, "video/x-raw,format=RGB,width=16,height=16,framerate=0/1");
  Seen seen;
  for (int i = 0; i < 4; ++i) {
    Handle<GstBuffer> buffer = ClipHarness::frame(i == 0 ? std::optional<std::uint64_t>(0) : std::nullopt);
    GST_BUFFER_DURATION(buffer.get()) = 250 * kMs;
    seen = clip.push(std::move(buffer));
  }
  ASSERT_EQ(seen.results.size(), 1U);
  EXPECT_EQ(seen.results[0].pts, 750 * kMs);
}

TEST_F(StreamTime, AMissingTimeStampFollowsFromTheFramerate) {
  ClipHarness clip(kQuiet, "video/x-raw,format=RGB,width=16,height=16,framerate=4/1");
  Seen seen;
  for (int i = 0; i < 4; ++i) seen = clip.push(ClipHarness::frame(std::nullopt));
  ASSERT_EQ(seen.results.size(), 1U);
  EXPECT_EQ(seen.results[0].pts, 750 * kMs);
}

TEST_F(StreamTime, WhereNoTimeCanBeToldTheErrorNamesTheCure) {
  ClipHarness clip(kQuiet, "video/x-raw,format=RGB,width=16,height=16,framerate=0/1");
  clip.push(ClipHarness::frame(0));
  EXPECT_EQ(gst_harness_push(clip.get(), ClipHarness::frame(std::nullopt).release()), GST_FLOW_ERROR);
  EXPECT_NE(clip.text_of(GST_MESSAGE_ERROR).value_or("").find("videorate"), std::string::npos);
}

TEST_F(StreamTime, ASegmentInBytesIsAnErrorThatNamesTheCure) {
  ClipHarness clip(kQuiet);
  GstSegment bytes;
  gst_segment_init(&bytes, GST_FORMAT_BYTES);
  clip.event(gst_event_new_segment(&bytes));
  EXPECT_EQ(gst_harness_push(clip.get(), ClipHarness::frame(0).release()), GST_FLOW_ERROR);
  EXPECT_NE(clip.text_of(GST_MESSAGE_ERROR).value_or("").find("format=time"), std::string::npos);
}

TEST_F(StreamTime, ASlowStreamRepeatsItsFrames) {
  ClipHarness clip(kQuiet, "video/x-raw,format=RGB,width=16,height=16,framerate=0/1");
  clip.push(0, 0);
  const Seen seen = clip.push(750, 255);  // stands for the points at 250, 500 and 750 ms
  ASSERT_EQ(seen.results.size(), 1U);
  EXPECT_NEAR(seen.results[0].similarity_of("mean"), 0.75, 1e-5);
  EXPECT_EQ(clip.stat("frames-sampled"), 2U);
}

TEST_F(StreamTime, AFrameOlderThanItsPredecessorIsNotSampled) {
  ClipHarness clip(kQuiet);
  clip.push(0);
  clip.push(500);
  clip.push(250, 255);
  const Seen seen = clip.push(750);
  ASSERT_EQ(seen.results.size(), 1U);
  EXPECT_NEAR(seen.results[0].similarity_of("mean"), 0, 1e-5);
}

TEST_F(StreamTime, AJumpOfMoreThanAWindowStartsAnew) {
  ClipHarness clip(kQuiet);
  clip.push_range(0, 600, 255);
  const Seen seen = clip.push_range(10'000, 11'000, 0);
  ASSERT_EQ(seen.results.size(), 1U);
  EXPECT_EQ(seen.results[0].start, 10'000 * kMs);
  EXPECT_NEAR(seen.results[0].similarity_of("mean"), 0, 1e-5);
  EXPECT_EQ(clip.stat("resets"), 1U);
}

TEST_F(StreamTime, AShortGapWithDiscontGoesOn) {
  ClipHarness clip(kQuiet);
  clip.push_range(0, 500, 0);
  clip.event(gst_event_new_gap(500 * kMs, 200 * kMs));
  Handle<GstBuffer> buffer = ClipHarness::frame(700, 255);
  GST_BUFFER_FLAG_SET(buffer.get(), GST_BUFFER_FLAG_DISCONT);
  clip.push(std::move(buffer));  // stands for 500 ms
  const Seen seen = clip.push(750, 255);
  ASSERT_EQ(seen.results.size(), 1U);
  EXPECT_NEAR(seen.results[0].similarity_of("mean"), 0.5, 1e-5);
  EXPECT_EQ(clip.stat("resets"), 0U);
}

TEST_F(StreamTime, GapBuffersAreNotSampled) {
  ClipHarness clip(kQuiet);
  clip.push(0);
  Handle<GstBuffer> gap = ClipHarness::frame(250, 255);
  GST_BUFFER_FLAG_SET(gap.get(), GST_BUFFER_FLAG_GAP);
  clip.push(std::move(gap));
  clip.push(500);
  const Seen seen = clip.push(750);
  ASSERT_EQ(seen.results.size(), 1U);
  EXPECT_NEAR(seen.results[0].similarity_of("mean"), 0, 1e-5);
}

TEST_F(StreamTime, AFlushDiscards) {
  ClipHarness clip(kQuiet);
  clip.push_range(0, 600, 255);
  clip.flush();
  EXPECT_FALSE(clip.tails().any);
  clip.segment(20'000, 20'000, 0);
  const Seen seen = clip.push_range(20'000, 21'000, 0);
  ASSERT_EQ(seen.results.size(), 1U);
  EXPECT_EQ(seen.results[0].start, 20'000 * kMs);
  EXPECT_NEAR(seen.results[0].similarity_of("mean"), 0, 1e-5);
}

TEST_F(StreamTime, AfterAFlushNoBufferCarriesAnOlderResult) {
  ClipHarness clip(kQuiet);
  ASSERT_EQ(clip.push_range(0, 800).results.size(), 1U);
  clip.flush();
  clip.segment(0, 0, 0);
  EXPECT_FALSE(clip.push(0).any);
}

TEST_F(StreamTime, ADiscontinuousSegmentGivesALastResultBeforeIt) {
  ClipHarness clip(kQuiet);
  clip.segment(0, 0, 0);
  clip.push_range(0, 600, 255);
  clip.tails();
  clip.segment(50'000, 50'000, 600);
  const Seen tail = clip.tails();
  ASSERT_EQ(tail.results.size(), 1U);
  EXPECT_EQ(tail.results[0].end, 750 * kMs);
  const Seen seen = clip.push_range(50'000, 51'000, 0);
  ASSERT_EQ(seen.results.size(), 1U);
  EXPECT_EQ(seen.results[0].seq, 1U);
  EXPECT_EQ(seen.results[0].start, 50'000 * kMs);
}

TEST_F(StreamTime, ASegmentWhoseRunningTimeJumpsIsDiscontinuousToo) {
  ClipHarness clip(kQuiet);
  clip.segment(0, 0, 0);
  clip.push_range(0, 600);
  clip.segment(600, 600, 90'000);
  EXPECT_EQ(clip.tails().results.size(), 1U);
}

TEST_F(StreamTime, ASegmentThatGoesOnIsNoNewBeginning) {
  ClipHarness clip(kQuiet);
  clip.segment(0, 0, 0);
  clip.push_range(0, 500, 0);
  clip.segment(/*start=*/90'000, /*time=*/500, /*base=*/500);  // other buffer times, same stream
  const Seen seen = clip.push_range(90'000, 90'300, 255);
  EXPECT_FALSE(clip.tails().any);
  ASSERT_EQ(seen.results.size(), 1U);
  EXPECT_EQ(seen.results[0].start, 0U);
  EXPECT_NEAR(seen.results[0].similarity_of("mean"), 0.5, 1e-5);
}

TEST_F(StreamTime, TheSameSegmentAgainIsNoNewBeginning) {
  ClipHarness clip(kQuiet);
  clip.segment(0, 0, 0);
  clip.push_range(0, 700);
  clip.segment(0, 0, 0);
  EXPECT_FALSE(clip.tails().any);
  EXPECT_EQ(clip.push_range(700, 800).results.size(), 1U);
}

TEST_F(StreamTime, ANewStreamGivesALastResultOfTheOldOne) {
  ClipHarness clip(kQuiet);
  clip.push_range(0, 600);
  clip.tails();
  clip.event(gst_event_new_stream_start("another"));
  EXPECT_EQ(clip.tails().results.size(), 1U);
}

TEST_F(StreamTime, AFrameAfterEosStartsANewWindow) {
  ClipHarness clip(kQuiet);
  clip.push_range(0, 600, 255);
  clip.finish();
  clip.flush();
  clip.segment(0, 0, 0);
  const Seen seen = clip.push_range(0, 800, 0);
  ASSERT_EQ(seen.results.size(), 1U);
  EXPECT_NEAR(seen.results[0].similarity_of("mean"), 0, 1e-5);
  EXPECT_EQ(seen.results[0].seq, 1U);
}

TEST_F(StreamTime, AChangeOfTheCapsKeepsTheWindow) {
  ClipHarness clip(kQuiet);
  clip.push_range(0, 500, 0);
  gst_harness_set_src_caps_str(clip.get(), "video/x-raw,format=GRAY8,width=768,height=1,framerate=20/1");
  const Seen seen = clip.push_range(500, 800, 0);
  ASSERT_EQ(seen.results.size(), 1U);
  EXPECT_EQ(seen.results[0].start, 0U);
}

}  // namespace
}  // namespace vifi::testing
