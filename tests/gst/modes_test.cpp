#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "support/clip_harness.h"

namespace vifi::testing {
namespace {

constexpr const char* kQuiet = "labels=\"mean;level 0.5\" enter-threshold=1 exit-threshold=1 ";

void hold_encoder(bool held) {
  std::lock_guard lock(control().mutex);
  control().hold_encoder = held;
  control().changed.notify_all();
}

void wait_for_encoded(int frames) {
  std::unique_lock lock(control().mutex);
  control().changed.wait(lock, [&] { return control().encoded >= frames; });
}

void wait_until_held() {
  std::unique_lock lock(control().mutex);
  control().changed.wait(lock, [] { return control().waiting > 0; });
}

class Modes : public ::testing::Test {
 protected:
  void SetUp() override { fresh_control(); }
  void TearDown() override { hold_encoder(false); }
};

TEST_F(Modes, AutoIsSyncForAFile) {
  ClipHarness clip;
  clip.push(0);
  EXPECT_EQ(clip.stat_text("mode"), "sync");
}

TEST_F(Modes, AutoIsAsyncForALiveSource) {
  ClipHarness clip;
  gst_harness_set_live(clip.get(), TRUE);
  clip.push(0);
  EXPECT_EQ(clip.stat_text("mode"), "async");
}

TEST_F(Modes, SkipUnchangedEncodesAStillSceneOnceInEitherMode) {
  for (const std::string mode : {"sync", "async"}) {
    fresh_control();
    ClipHarness clip(kQuiet + ("skip-unchanged=0.02 mode=" + mode));
    clip.push_range(0, 2'000, 100);
    clip.finish();  // waits for the worker
    EXPECT_EQ(clip.stat("frames-sampled"), 1U) << mode;
    EXPECT_EQ(clip.stat("frames-unchanged") + clip.stat("samples-dropped"), 7U) << mode;
    EXPECT_EQ(clip.stat("samples"), 8U) << mode;
  }
}

TEST_F(Modes, InAsyncNoFrameWaitsForTheEncoder) {
  ClipHarness clip(std::string(kQuiet) + "mode=async");
  hold_encoder(true);
  for (std::uint64_t pts = 0; pts < 20'000; pts += 50) clip.push(pts);  // would hang
  EXPECT_GT(clip.stat("samples-dropped"), 0U);
  int told = 0;
  for (const auto& message : clip.messages()) told += GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_QOS ? 1 : 0;
  EXPECT_GT(told, 0);
  hold_encoder(false);
}

TEST_F(Modes, AsyncInLockstepEqualsSync) {
  const auto level = [](std::uint64_t pts) { return static_cast<int>(pts / 50 * 7 % 256); };
  std::vector<SeenResult> expected;
  {
    ClipHarness clip(std::string(kQuiet) + "mode=sync");
    for (std::uint64_t pts = 0; pts < 5'000; pts += 50) {
      for (auto& result : clip.push(pts, level(pts)).results) {
        if (result.fresh) expected.push_back(result);
      }
    }
    for (auto& result : clip.finish().results) expected.push_back(result);
  }
  fresh_control();
  std::vector<SeenResult> got;
  {
    ClipHarness clip(std::string(kQuiet) + "mode=async");
    int sampled = 0;
    for (std::uint64_t pts = 0; pts < 5'000; pts += 50) {
      for (auto& result : clip.push(pts, level(pts)).results) {
        if (result.fresh) got.push_back(result);
      }
      if (pts % 250 == 0) wait_for_encoded(++sampled);
    }
    for (auto& result : clip.finish().results) got.push_back(result);
  }
  ASSERT_EQ(got.size(), expected.size());
  ASSERT_GE(got.size(), 9U);
  for (std::size_t i = 0; i < got.size(); ++i) {
    EXPECT_EQ(got[i].seq, expected[i].seq);
    EXPECT_EQ(got[i].start, expected[i].start);
    EXPECT_EQ(got[i].pts, expected[i].pts);
    EXPECT_DOUBLE_EQ(got[i].similarity_of("mean"), expected[i].similarity_of("mean"));
  }
}

TEST_F(Modes, EosWaitsForWhatIsInTheQueue) {
  ClipHarness clip(std::string(kQuiet) + "mode=async");
  hold_encoder(true);
  for (std::uint64_t pts = 0; pts < 1'000; pts += 250) clip.push(pts, 255);
  wait_until_held();
  hold_encoder(false);
  const Seen tail = clip.finish();
  ASSERT_EQ(tail.results.size(), 1U);
  EXPECT_EQ(tail.results[0].pts, 750 * kMs);
}

TEST_F(Modes, AFlushWakesTheWaitAtEos) {
  ClipHarness clip(std::string(kQuiet) + "mode=async");
  hold_encoder(true);
  for (std::uint64_t pts = 0; pts < 1'000; pts += 250) clip.push(pts, 255);
  wait_until_held();
  std::thread streaming([&] { gst_harness_push_event(clip.get(), gst_event_new_eos()); });
  clip.event(gst_event_new_flush_start());
  hold_encoder(false);  // the encoder itself cannot be interrupted
  streaming.join();
  clip.event(gst_event_new_flush_stop(TRUE));
  clip.segment(0, 0, 0);
  const Seen seen = clip.push(0);
  EXPECT_FALSE(seen.any);
}

TEST_F(Modes, InSyncALiveSourceIsToldTheEncodersTime) {
  {
    std::lock_guard lock(control().mutex);
    control().encode_time = std::chrono::milliseconds(20);
  }
  ClipHarness clip("mode=sync");
  gst_harness_set_live(clip.get(), TRUE);
  gst_harness_set_upstream_latency(clip.get(), 100 * kMs);
  const GstClockTime latency = gst_harness_query_latency(clip.get());
  EXPECT_GE(latency, 120 * kMs);
  EXPECT_LT(latency, 1'000 * kMs);
}

TEST_F(Modes, InSyncALongerTimeIsAnnounced) {
  ClipHarness clip("mode=sync");
  gst_harness_set_live(clip.get(), TRUE);
  gst_harness_set_upstream_latency(clip.get(), 0);
  {
    std::lock_guard lock(control().mutex);
    control().encode_time = std::chrono::milliseconds(50);
  }
  clip.push_range(0, 1'000);
  int told = 0;
  for (const auto& message : clip.messages()) {
    told += GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_LATENCY ? 1 : 0;
  }
  EXPECT_GT(told, 0);
  EXPECT_GE(gst_harness_query_latency(clip.get()), 40 * kMs);
}

TEST_F(Modes, AsyncAddsNoLatency) {
  ClipHarness clip("mode=async");
  gst_harness_set_live(clip.get(), TRUE);
  gst_harness_set_upstream_latency(clip.get(), 100 * kMs);
  EXPECT_EQ(gst_harness_query_latency(clip.get()), 100 * kMs);
}

TEST_F(Modes, AFileIsToldNoLatency) {
  ClipHarness clip("mode=sync");
  gst_harness_set_live(clip.get(), FALSE);
  EXPECT_EQ(gst_harness_query_latency(clip.get()), 0U);
}

int loads() {
  std::lock_guard lock(control().mutex);
  return control().loads;
}

int models() {
  std::lock_guard lock(control().mutex);
  return control().models;
}

TEST_F(Modes, TwoElementsShareOneModel) {
  ClipHarness one;
  ClipHarness two("labels=\"level 0.2\"");
  EXPECT_EQ(loads(), 1);
  EXPECT_EQ(one.push_range(0, 800).results.at(0).top(), "dark");
  EXPECT_EQ(two.push_range(0, 800).results.at(0).top(), "level 0.2");
}

TEST_F(Modes, AnotherInstanceIdGetsAModelOfItsOwn) {
  ClipHarness one;
  ClipHarness two("model-instance-id=mine");
  EXPECT_EQ(loads(), 2);
}

TEST_F(Modes, FiftyRoundsOfStatesLeaveNothingBehind) {
  const int before = models();
  {
    ClipHarness clip;
    for (int i = 0; i < 50; ++i) {
      ASSERT_EQ(clip.push_range(0, 800).results.size(), 1U);
      ASSERT_EQ(gst_element_set_state(clip.element(), GST_STATE_NULL), GST_STATE_CHANGE_SUCCESS);
      EXPECT_EQ(models(), before);
      gst_harness_play(clip.get());
      clip.event(gst_event_new_stream_start("again"));
      gst_harness_set_src_caps_str(clip.get(), ClipHarness::kCaps);
      clip.segment(0, 0, 0);
    }
  }
  EXPECT_EQ(models(), before);
}

TEST_F(Modes, ModelInfoIsThereWhileAModelIs) {
  ClipHarness clip;
  GstStructure* info = nullptr;
  g_object_get(clip.element(), "model-info", &info, nullptr);
  ASSERT_NE(info, nullptr);
  EXPECT_STREQ(gst_structure_get_string(info, "name"), "fake");
  gst_structure_free(info);
  gst_element_set_state(clip.element(), GST_STATE_NULL);
  g_object_get(clip.element(), "model-info", &info, nullptr);
  EXPECT_EQ(info, nullptr);
}

TEST_F(Modes, StatsCanBeReadWhileFramesFlow) {
  ClipHarness clip("mode=async");
  std::atomic<bool> done = false;
  std::thread reader([&] {
    while (!done) clip.stat("frames-seen");
  });
  clip.push_range(0, 5'000);
  done = true;
  reader.join();
  EXPECT_EQ(clip.stat("frames-seen"), 100U);
}

}  // namespace
}  // namespace vifi::testing
