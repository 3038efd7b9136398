#include <gtest/gtest.h>

#include <chrono>
#include <future>

#include "support/clip_harness.h"

/// Elements that share a model, and what changes while they run.
namespace vifi::testing {
namespace {

void hold_encoder(bool held) {
  std::lock_guard lock(control().mutex);
  control().hold_encoder = held;
  control().changed.notify_all();
}

void hold_embedding(bool held) {
  std::lock_guard lock(control().mutex);
  control().hold_embedding = held;
  control().changed.notify_all();
}

void wait_until_held() {
  std::unique_lock lock(control().mutex);
  control().changed.wait(lock, [] { return control().waiting > 0; });
}

int models() {
  std::lock_guard lock(control().mutex);
  return control().models;
}

class Sharing : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override { fresh_control(); }
  void TearDown() override {
    hold_encoder(false);
    hold_embedding(false);
  }

  static std::string mode() { return std::string("mode=") + GetParam(); }

  /// Pushes frames until a fresh result lists `label`, for a minute at most.
  static bool push_until(ClipHarness& clip, std::uint64_t pts, const std::string& label) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    for (; std::chrono::steady_clock::now() < give_up; pts += 50) {
      const Seen seen = clip.push(pts, 255);
      if (!seen.results.empty() && seen.results[0].fresh && seen.results[0].score_of(label) >= 0) return true;
    }
    return false;
  }
};

TEST_P(Sharing, OneStopsWhileTheOtherGoesOn) {
  ClipHarness stays(mode());
  {
    ClipHarness goes("mode=async");
    goes.push(0);
    hold_encoder(true);
    for (std::uint64_t pts = 250; pts < 2'000; pts += 250) goes.push(pts);
    wait_until_held();
    auto stopped = std::async(std::launch::async, [&] { gst_element_set_state(goes.element(), GST_STATE_NULL); });
    hold_encoder(false);  // the encoder itself cannot be interrupted
    stopped.get();
    EXPECT_EQ(models(), 1);
  }
  EXPECT_TRUE(push_until(stays, 0, "bright"));
  EXPECT_EQ(models(), 1);
}

TEST_P(Sharing, OneIsFlushedWhileTheOthersFrameIsInTheEncoder) {
  ClipHarness flushed("mode=async");
  ClipHarness other(mode());
  flushed.push(0);
  hold_encoder(true);
  flushed.push(250);
  wait_until_held();
  auto pushed = std::async(std::launch::async, [&] { other.push(0); });
  flushed.flush();
  hold_encoder(false);
  pushed.get();
  flushed.segment(0, 0, 0);
  EXPECT_TRUE(push_until(flushed, 0, "bright"));
  EXPECT_TRUE(push_until(other, 50, "bright"));
}

TEST_P(Sharing, FourHundredNewLabelsUnderLoadHoldNoFrameUp) {
  ClipHarness clip(mode());
  ClipHarness other(mode());
  clip.push_range(0, 800, 255);
  other.push_range(0, 800, 255);
  std::string many = "mean";
  for (int i = 0; i < 400; ++i) many += ";action " + std::to_string(i);
  hold_embedding(true);
  g_object_set(clip.element(), "labels", many.c_str(), "top-k", 500, nullptr);
  wait_until_held();
  int results = 0;
  for (std::uint64_t pts = 800; pts < 4'000; pts += 50) {  // would hang if the encoder waited for the labels
    for (const SeenResult& result : clip.push(pts, 255).results) {
      EXPECT_EQ(result.top(), "bright");
      results += result.fresh ? 1 : 0;
    }
    other.push(pts, 255);
  }
  if (GetParam() == std::string("sync")) {
    EXPECT_EQ(results, 6);
  }
  hold_embedding(false);
  EXPECT_TRUE(push_until(clip, 4'000, "action 399"));
  EXPECT_TRUE(push_until(other, 4'000, "bright"));
  EXPECT_FALSE(clip.text_of(GST_MESSAGE_WARNING));
}

TEST_P(Sharing, OfManyChangesOfTheLabelsTheLastOneCounts) {
  ClipHarness clip(mode());
  clip.push_range(0, 800, 255);
  hold_embedding(true);
  for (int i = 0; i < 20; ++i) {
    g_object_set(clip.element(), "labels", ("mean;action " + std::to_string(i)).c_str(), nullptr);
    clip.push(800 + 50 * static_cast<std::uint64_t>(i), 255);
  }
  hold_embedding(false);
  EXPECT_TRUE(push_until(clip, 1'800, "action 19"));
}

TEST_P(Sharing, FiftyRoundsOfStatesWithWorkInHandLeaveNothingBehind) {
  const int before = models();
  {
    ClipHarness clip(mode());
    for (int i = 0; i < 50; ++i) {
      clip.push_range(0, static_cast<std::uint64_t>(i) * 50, 255);
      if (i % 3 == 0) g_object_set(clip.element(), "labels", ("mean;action " + std::to_string(i)).c_str(), nullptr);
      if (i % 5 == 0) gst_element_set_state(clip.element(), GST_STATE_PAUSED);
      ASSERT_EQ(gst_element_set_state(clip.element(), i % 2 == 0 ? GST_STATE_READY : GST_STATE_NULL),
                GST_STATE_CHANGE_SUCCESS);
      EXPECT_EQ(models(), before);
      gst_harness_play(clip.get());
      clip.event(gst_event_new_stream_start("again"));
      gst_harness_set_src_caps_str(clip.get(), ClipHarness::kCaps);
      clip.segment(0, 0, 0);
    }
  }
  EXPECT_EQ(models(), before);
}

INSTANTIATE_TEST_SUITE_P(Modes, Sharing, ::testing::Values("sync", "async"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace vifi::testing
