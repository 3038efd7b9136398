#include "vifi/media/frame_clock.h"

#include <gtest/gtest.h>

#include <memory>

#include "vifi/error.h"

namespace vifi {
namespace {

constexpr GstClockTime kMs = GST_MSECOND;

class FrameClockTest : public testing::Test {
 protected:
  FrameClockTest() { gst_segment_init(&segment_, GST_FORMAT_TIME); }

  std::optional<FrameTime> time_of(GstClockTime pts, GstClockTime duration = GST_CLOCK_TIME_NONE, int fps_n = 0) {
    GstBuffer* buffer = gst_buffer_new();
    GST_BUFFER_PTS(buffer) = pts;
    GST_BUFFER_DURATION(buffer) = duration;
    std::unique_ptr<GstBuffer, void (*)(GstBuffer*)> owner(buffer, gst_buffer_unref);
    return clock_.time_of(buffer, segment_, fps_n, 1);
  }

  GstSegment segment_;
  FrameClock clock_;
};

TEST_F(FrameClockTest, SubtractsTheSegmentsStart) {
  segment_.start = 80 * kMs;
  segment_.time = 0;
  segment_.base = 500 * kMs;
  const auto time = time_of(120 * kMs);
  ASSERT_TRUE(time);
  EXPECT_EQ(time->stream_ns, 40'000'000);
  EXPECT_EQ(time->running_ns, 540'000'000);
}

TEST_F(FrameClockTest, AFrameOutsideTheSegmentHasNoTime) {
  segment_.start = 80 * kMs;
  EXPECT_FALSE(time_of(40 * kMs));
}

TEST_F(FrameClockTest, AMissingTimeStampFollowsFromTheDuration) {
  time_of(100 * kMs, 30 * kMs);
  EXPECT_EQ(time_of(GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE, 25)->stream_ns, 130'000'000);
  EXPECT_EQ(time_of(GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE, 25)->stream_ns, 170'000'000);
}

TEST_F(FrameClockTest, TheFirstFrameStandsAtTheSegmentsStart) {
  segment_.start = 80 * kMs;
  segment_.time = 0;
  EXPECT_EQ(time_of(GST_CLOCK_TIME_NONE)->stream_ns, 0);
}

TEST_F(FrameClockTest, EqualTimeStampsAreTakenAsTheyAre) {
  for (int i = 0; i < 6; ++i) EXPECT_EQ(time_of(50 * kMs, 100 * kMs, 25)->stream_ns, 50'000'000);
}

TEST_F(FrameClockTest, ATimeBelowZeroIsNone) {
  EXPECT_FALSE(time_of(GstClockTime{0} - 40 * kMs));
  EXPECT_EQ(time_of(GST_CLOCK_TIME_NONE)->stream_ns, 0);  // it is no predecessor either
}

TEST_F(FrameClockTest, RefusesToGuessWithoutDurationAndFramerate) {
  time_of(0);
  try {
    time_of(GST_CLOCK_TIME_NONE);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(error.hint().find("videorate"), std::string::npos);
  }
}

}  // namespace
}  // namespace vifi
