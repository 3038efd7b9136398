#include <gst/video/video.h>
#include <gtest/gtest.h>

#include "support/clip_harness.h"

#ifdef HAVE_ANALYTICS
#include <gst/analytics/analytics.h>
#endif

namespace vifi::testing {
namespace {

class Metadata : public ::testing::Test {
 protected:
  void SetUp() override { fresh_control(); }
};

TEST_F(Metadata, AResultTellsItsWindowAndComesWithTheFrameThatCompletesIt) {
  ClipHarness clip("labels=\"dark;bright;mean\"");
  EXPECT_FALSE(clip.push_range(0, 750).any);
  const Seen seen = clip.push(750, 255);  // samples at 0, 250, 500 and 750 ms
  ASSERT_EQ(seen.results.size(), 1U);
  const SeenResult& result = seen.results[0];
  EXPECT_EQ(result.seq, 0U);
  EXPECT_EQ(result.start, 0U);
  EXPECT_EQ(result.end, 1000 * kMs);
  EXPECT_EQ(result.pts, 750 * kMs);
  EXPECT_EQ(result.running, 750 * kMs);
  EXPECT_TRUE(result.fresh);
  EXPECT_EQ(result.age, 0U);
  EXPECT_TRUE(result.accepted);
  EXPECT_EQ(result.model, "fake");
  EXPECT_NEAR(result.similarity_of("mean"), 0.25, 1e-5);  // three black frames and a white one
}

TEST_F(Metadata, LabelsComeBestFirstWithTheirIds) {
  ClipHarness clip("labels=\"dark;bright\"");
  const Seen seen = clip.push_range(0, 1000, 255);
  ASSERT_EQ(seen.results.size(), 1U);
  EXPECT_EQ(seen.results[0].labels, (std::vector<std::string>{"bright", "dark"}));
  EXPECT_EQ(seen.results[0].ids, (std::vector<int>{1, 0}));
  EXPECT_GT(seen.results[0].scores[0], 0.99);
}

TEST_F(Metadata, EveryBufferCarriesTheNewestResultAndItsAge) {
  ClipHarness clip;
  clip.push_range(0, 800);
  const Seen seen = clip.push(800);
  ASSERT_EQ(seen.results.size(), 1U);
  EXPECT_FALSE(seen.results[0].fresh);
  EXPECT_EQ(seen.results[0].age, 50 * kMs);
  EXPECT_EQ(seen.results[0].pts, 750 * kMs);
}

TEST_F(Metadata, WithAttachResultOnlyBuffersThatCompleteOneCarryIt) {
  ClipHarness clip("attach=result enter-threshold=1 exit-threshold=1");
  clip.push_range(0, 750);
  EXPECT_EQ(clip.push(750).results.size(), 1U);
  EXPECT_FALSE(clip.push(800).any);
}

TEST_F(Metadata, AResultBelowTheThresholdCarriesNoLabel) {
  ClipHarness clip("labels=\"level 0.4;level 0.6\" threshold=0.9");
  const Seen seen = clip.push_range(0, 1000, 128);
  ASSERT_EQ(seen.results.size(), 1U);
  EXPECT_FALSE(seen.results[0].accepted);
  EXPECT_TRUE(seen.results[0].labels.empty());
}

TEST_F(Metadata, BackgroundLabelsAreTheirShareAndNeverALabel) {
  ClipHarness clip("labels=\"dark\" background-labels=\"bright\"");
  const Seen seen = clip.push_range(0, 1000, 255);
  ASSERT_EQ(seen.results.size(), 1U);
  EXPECT_EQ(seen.results[0].labels, (std::vector<std::string>{"dark"}));
  EXPECT_GT(seen.results[0].background, 0.99);
}

TEST_F(Metadata, EventsStartAndEndWithTheAction) {
  ClipHarness clip("smoothing=0");
  const Seen bright = clip.push_range(0, 1000, 255);
  ASSERT_EQ(bright.events.size(), 1U);
  EXPECT_EQ(bright.events[0].phase, "start");
  EXPECT_EQ(bright.events[0].name, "bright");
  const Seen dark = clip.push_range(1000, 3000, 0);
  bool ended = false;
  for (const SeenEvent& event : dark.events) ended = ended || (event.phase == "end" && event.name == "bright");
  EXPECT_TRUE(ended);
}

int count(const std::vector<Handle<GstMessage>>& messages, const char* name) {
  int found = 0;
  for (const auto& message : messages) found += gst_message_has_name(message.get(), name) ? 1 : 0;
  return found;
}

TEST_F(Metadata, MessagesCarryTheSameFields) {
  ClipHarness clip("smoothing=0");
  clip.push_range(0, 1000, 255);
  const auto messages = clip.messages();
  EXPECT_EQ(count(messages, "vificlip-event"), 1);
  ASSERT_EQ(count(messages, "vificlip-result"), 1);
  for (const auto& message : messages) {
    if (!gst_message_has_name(message.get(), "vificlip-result")) continue;
    const SeenResult result = result_from(gst_message_get_structure(message.get()));
    EXPECT_EQ(result.pts, 750 * kMs);
    EXPECT_EQ(result.top(), "bright");
    EXPECT_EQ(GST_MESSAGE_SRC(message.get()), GST_OBJECT(clip.element()));
  }
}

TEST_F(Metadata, MessagesCanBeLimitedToEvents) {
  ClipHarness clip("smoothing=0 messages=events");
  clip.push_range(0, 1000, 255);
  const auto messages = clip.messages();
  EXPECT_EQ(count(messages, "vificlip-event"), 1);
  EXPECT_EQ(count(messages, "vificlip-result"), 0);
}

TEST_F(Metadata, MessagesCanBeTurnedOff) {
  ClipHarness clip("smoothing=0 messages=none");
  clip.push_range(0, 1000, 255);
  const auto messages = clip.messages();
  EXPECT_EQ(count(messages, "vificlip-event") + count(messages, "vificlip-result"), 0);
}

TEST_F(Metadata, AStreamShorterThanAWindowGetsOneResultBeforeEos) {
  ClipHarness clip("labels=\"dark;bright;mean\"");
  clip.push(0, 255);
  clip.push(250, 0);
  const Seen tail = clip.finish();
  ASSERT_EQ(tail.results.size(), 1U);
  EXPECT_EQ(tail.results[0].start, 0U);
  EXPECT_EQ(tail.results[0].end, 500 * kMs);
  EXPECT_NEAR(tail.results[0].similarity_of("mean"), 0.5, 1e-5);
  EXPECT_EQ(count(clip.messages(), "vificlip-result"), 1);
}

TEST_F(Metadata, EosBeforeAnyFrameBringsNothing) {
  ClipHarness clip;
  EXPECT_FALSE(clip.finish().any);
}

TEST_F(Metadata, WhatAResultCoversIsNotToldAgainAtEos) {
  ClipHarness clip("enter-threshold=1 exit-threshold=1 labels=\"level 0.4;level 0.6\"");
  clip.push_range(0, 800, 128);
  EXPECT_TRUE(clip.finish().results.empty());
}

TEST_F(Metadata, AnOpenEventEndsBeforeEos) {
  ClipHarness clip("smoothing=0");
  clip.push_range(0, 1000, 255);
  const Seen tail = clip.finish();
  ASSERT_FALSE(tail.events.empty());
  EXPECT_EQ(tail.events.back().phase, "end");
  EXPECT_EQ(tail.events.back().end, 1000 * kMs);
}

TEST_F(Metadata, ASharedBufferIsCopiedWithoutItsPixels) {
  ClipHarness clip;
  clip.push_range(0, 1000);
  Handle<GstBuffer> mine = ClipHarness::frame(1000, 77);  // a frame that is sampled, and so mapped
  ASSERT_EQ(gst_harness_push(clip.get(), gst_buffer_ref(mine.get())), GST_FLOW_OK);
  const Handle<GstBuffer> out(gst_harness_pull(clip.get()));
  EXPECT_NE(out.get(), mine.get());
  EXPECT_FALSE(seen_on(mine.get()).any);
  EXPECT_TRUE(seen_on(out.get()).any);
  EXPECT_EQ(gst_buffer_peek_memory(out.get(), 0), gst_buffer_peek_memory(mine.get(), 0));
}

TEST_F(Metadata, AWritableBufferGoesThroughAsItIs) {
  ClipHarness clip;
  Handle<GstBuffer> mine = ClipHarness::frame(0, 77);
  const GstBuffer* const before = mine.get();
  ASSERT_EQ(gst_harness_push(clip.get(), mine.release()), GST_FLOW_OK);
  const Handle<GstBuffer> out(gst_harness_pull(clip.get()));
  EXPECT_EQ(out.get(), before);
  EXPECT_EQ(gst_buffer_memcmp(out.get(), 0, std::string(16, 77).data(), 16), 0);
}

TEST_F(Metadata, ReferenceTimeAndTimeCodeOfTheFrameGoWithTheResult) {
  ClipHarness clip;
  clip.push_range(0, 750);
  Handle<GstBuffer> last = ClipHarness::frame(750);
  const Handle<GstCaps> unix_time(gst_caps_new_empty_simple("timestamp/x-unix"));
  gst_buffer_add_reference_timestamp_meta(last.get(), unix_time.get(), 1'700'000'000 * GST_SECOND, GST_CLOCK_TIME_NONE);
  gst_buffer_add_video_time_code_meta_full(last.get(), 25, 1, nullptr, GST_VIDEO_TIME_CODE_FLAGS_NONE, 10, 0, 0, 5, 0);
  const Seen seen = clip.push(std::move(last));
  ASSERT_EQ(seen.results.size(), 1U);
  EXPECT_EQ(seen.results[0].utc, 1'700'000'000 * GST_SECOND);
  EXPECT_EQ(seen.results[0].timecode, "10:00:00:05");
}

TEST_F(Metadata, NtpTimeCountsFrom1900) {
  ClipHarness clip;
  clip.push_range(0, 750);
  Handle<GstBuffer> last = ClipHarness::frame(750);
  const Handle<GstCaps> ntp(gst_caps_new_empty_simple("timestamp/x-ntp"));
  gst_buffer_add_reference_timestamp_meta(last.get(), ntp.get(), (2'208'988'800 + 5) * GST_SECOND, GST_CLOCK_TIME_NONE);
  const Seen seen = clip.push(std::move(last));
  ASSERT_EQ(seen.results.size(), 1U);
  EXPECT_EQ(seen.results[0].utc, 5 * GST_SECOND);
}

TEST_F(Metadata, WithoutAReferenceTheClockGivesTheTimeOfDay) {
  ClipHarness clip;
  gst_harness_use_systemclock(clip.get());
  const auto before = static_cast<std::uint64_t>(g_get_real_time()) * 1000;
  const GstClockTime base = gst_element_get_base_time(clip.element());
  const Seen seen = clip.push_range(0, 1000);
  ASSERT_EQ(seen.results.size(), 1U);
  GstClock* clock = gst_element_get_clock(clip.element());
  const std::uint64_t age = gst_clock_get_time(clock) - base;  // time since the base
  gst_object_unref(clock);
  EXPECT_NEAR(static_cast<double>(seen.results[0].utc), static_cast<double>(before - age + 750 * kMs), 2e9);
}

#ifdef HAVE_ANALYTICS
TEST_F(Metadata, TheAnalyticsLibrarySeesTheNewestResult) {
  ClipHarness clip;
  clip.push_range(0, 750, 255);
  ASSERT_EQ(gst_harness_push(clip.get(), ClipHarness::frame(750, 255).release()), GST_FLOW_OK);
  const Handle<GstBuffer> out(gst_harness_pull(clip.get()));
  GstAnalyticsRelationMeta* relations = gst_buffer_get_analytics_relation_meta(out.get());
  ASSERT_NE(relations, nullptr);
  gpointer state = nullptr;
  GstAnalyticsMtd found;
  ASSERT_TRUE(gst_analytics_relation_meta_iterate(relations, &state, gst_analytics_cls_mtd_get_mtd_type(), &found));
  ASSERT_EQ(gst_analytics_cls_mtd_get_length(&found), 2U);
  EXPECT_STREQ(g_quark_to_string(gst_analytics_cls_mtd_get_quark(&found, 0)), "bright");
  EXPECT_GT(gst_analytics_cls_mtd_get_level(&found, 0), 0.99F);
}
#endif

}  // namespace
}  // namespace vifi::testing
