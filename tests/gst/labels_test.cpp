#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "support/clip_harness.h"

namespace vifi::testing {
namespace {

std::string string_property(GstElement* element, const char* name) {
  gchar* text = nullptr;
  g_object_get(element, name, &text, nullptr);
  const std::string copy = text == nullptr ? "" : text;
  g_free(text);
  return copy;
}

class Labels : public ::testing::Test {
 protected:
  void SetUp() override { fresh_control(); }

  /// Pushes frames until a result lists `label`, 200 at most. @return the events on the way
  static std::optional<Seen> push_until(ClipHarness& clip, std::uint64_t& pts, const std::string& label) {
    Seen all;
    for (int i = 0; i < 200; ++i, pts += 50) {
      Seen seen = clip.push(pts, 255);
      for (auto& event : seen.events) all.events.push_back(event);
      if (!seen.results.empty() && seen.results[0].fresh && seen.results[0].score_of(label) >= 0) return all;
    }
    return std::nullopt;
  }

  static void wait_until_held() {
    std::unique_lock lock(control().mutex);
    control().changed.wait(lock, [] { return control().waiting > 0; });
  }

  static void release_embedding() {
    std::lock_guard lock(control().mutex);
    control().hold_embedding = false;
    control().changed.notify_all();
  }
};

TEST_F(Labels, TheModelsOwnServeWhereNoneAreSet) {
  ClipHarness clip;
  const Seen seen = clip.push_range(0, 800);
  ASSERT_EQ(seen.results.size(), 1U);
  EXPECT_EQ(seen.results[0].top(), "dark");
}

TEST_F(Labels, CanChangeWhilePlaying) {
  ClipHarness clip;
  std::uint64_t pts = 0;
  ASSERT_TRUE(push_until(clip, pts, "bright"));
  g_object_set(clip.element(), "labels", "level 0.9;level 0.1", nullptr);
  EXPECT_TRUE(push_until(clip, pts, "level 0.9"));
  EXPECT_FALSE(clip.text_of(GST_MESSAGE_WARNING));
}

TEST_F(Labels, AChangeKeepsTheWindow) {
  ClipHarness clip;
  clip.push_range(0, 600, 255);
  g_object_set(clip.element(), "labels", "mean", nullptr);
  std::uint64_t pts = 600;
  ASSERT_TRUE(push_until(clip, pts, "mean"));
  EXPECT_LE(pts, 1300U);  // no window of silence
}

TEST_F(Labels, TheOldOnesServeUntilTheNewOnesAreReady) {
  ClipHarness clip;
  clip.push_range(0, 800, 255);
  {
    std::lock_guard lock(control().mutex);
    control().hold_embedding = true;
  }
  g_object_set(clip.element(), "labels", "mean", nullptr);
  wait_until_held();
  const Seen meanwhile = clip.push_range(800, 5'000, 255);
  ASSERT_GE(meanwhile.results.size(), 8U);  // frames flow on
  for (const SeenResult& result : meanwhile.results) EXPECT_EQ(result.top(), "bright");
  release_embedding();
  std::uint64_t pts = 5'000;
  EXPECT_TRUE(push_until(clip, pts, "mean"));
}

TEST_F(Labels, FourHundredNewOnesHoldNoFrameUp) {
  ClipHarness clip;
  clip.push_range(0, 800, 255);
  std::string many = "mean";
  for (int i = 0; i < 400; ++i) many += ";action " + std::to_string(i);
  {
    std::lock_guard lock(control().mutex);
    control().hold_embedding = true;
  }
  g_object_set(clip.element(), "labels", many.c_str(), "top-k", 500, nullptr);
  wait_until_held();
  EXPECT_EQ(clip.push_range(800, 1'400, 255).results.size(), 1U);
  release_embedding();
  std::uint64_t pts = 1'400;
  EXPECT_TRUE(push_until(clip, pts, "action 399"));
}

TEST_F(Labels, ALabelThatIsGoneEndsItsEvent) {
  ClipHarness clip("smoothing=0");
  std::uint64_t pts = 0;
  ASSERT_TRUE(push_until(clip, pts, "bright"));
  g_object_set(clip.element(), "labels", "mean", nullptr);
  const auto seen = push_until(clip, pts, "mean");
  ASSERT_TRUE(seen);
  bool ended = false;
  for (const SeenEvent& event : seen->events) ended = ended || (event.phase == "end" && event.name == "bright");
  EXPECT_TRUE(ended);
}

TEST_F(Labels, ABadListWhilePlayingWarnsAndKeepsTheOldOne) {
  ClipHarness clip("labels=\"dark;bright\"");
  clip.push_range(0, 800, 255);
  g_object_set(clip.element(), "labels", "walking;;running", nullptr);
  EXPECT_TRUE(clip.text_of(GST_MESSAGE_WARNING));
  EXPECT_EQ(string_property(clip.element(), "labels"), "dark;bright");
  const Seen seen = clip.push_range(800, 1'300, 255);
  ASSERT_EQ(seen.results.size(), 1U);
  EXPECT_EQ(seen.results[0].top(), "bright");
}

TEST_F(Labels, AListThatTheModelRefusesWarnsAndKeepsTheOldOne) {
  ClipHarness clip("labels=\"dark;bright\"");
  clip.push_range(0, 800, 255);
  g_object_set(clip.element(), "labels", std::string(200, 'x').c_str(), nullptr);
  std::optional<std::string> warning;
  std::uint64_t pts = 800;
  for (int i = 0; i < 200 && !warning; ++i, pts += 50) {
    clip.push(pts, 255);
    warning = clip.text_of(GST_MESSAGE_WARNING);
  }
  ASSERT_TRUE(warning);
  EXPECT_NE(warning->find("too long"), std::string::npos);
  EXPECT_EQ(string_property(clip.element(), "labels"), "dark;bright");
}

TEST_F(Labels, AMissingFileWhilePlayingWarnsAndKeepsTheOldOnes) {
  ClipHarness clip("labels=\"dark;bright\"");
  clip.push(0);
  g_object_set(clip.element(), "label-file", "/nowhere/labels.txt", nullptr);
  EXPECT_NE(clip.text_of(GST_MESSAGE_WARNING).value_or("").find("/nowhere/labels.txt"), std::string::npos);
  EXPECT_EQ(string_property(clip.element(), "label-file"), "");
}

TEST_F(Labels, OfTextAndFileTheOneSetLastCounts) {
  const auto path = std::filesystem::temp_directory_path() / ("vifi-labels-" + std::to_string(getpid()) + ".txt");
  std::ofstream(path) << "level 0.9\nlevel 0.2\n";
  {
    ClipHarness clip("labels=\"dark;bright\" label-file=" + path.string());
    const Seen seen = clip.push_range(0, 800, 255);
    ASSERT_EQ(seen.results.size(), 1U);
    EXPECT_EQ(seen.results[0].top(), "level 0.9");
  }
  {
    ClipHarness clip("label-file=" + path.string() + " labels=\"dark;bright\"");
    const Seen seen = clip.push_range(0, 800, 255);
    ASSERT_EQ(seen.results.size(), 1U);
    EXPECT_EQ(seen.results[0].top(), "bright");
  }
  std::filesystem::remove(path);
}

TEST_F(Labels, ThresholdsThatContradictEachOtherWarnUntilTheyFit) {
  ClipHarness clip;
  clip.push(0);
  g_object_set(clip.element(), "enter-threshold", 0.3, nullptr);  // exit is 0.4
  clip.push(50);
  EXPECT_TRUE(clip.text_of(GST_MESSAGE_WARNING));
  g_object_set(clip.element(), "exit-threshold", 0.2, nullptr);
  clip.push(100);
  EXPECT_FALSE(clip.text_of(GST_MESSAGE_WARNING));
}

TEST_F(Labels, TopKChangesWhilePlaying) {
  ClipHarness clip;
  EXPECT_EQ(clip.push_range(0, 800).results.at(0).labels.size(), 2U);
  g_object_set(clip.element(), "top-k", 1, nullptr);
  EXPECT_EQ(clip.push_range(800, 1'300).results.at(0).labels.size(), 1U);
}

}  // namespace
}  // namespace vifi::testing
