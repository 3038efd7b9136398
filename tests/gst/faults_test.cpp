#include <gtest/gtest.h>

#include <chrono>

#include "support/clip_harness.h"

/// A device that fails in mid-stream, in either mode.
namespace vifi::testing {
namespace {

void set_encoder_error(const std::string& text) {
  std::lock_guard lock(control().mutex);
  control().encode_error = text;
}

void hold_encoder(bool held) {
  std::lock_guard lock(control().mutex);
  control().hold_encoder = held;
  control().changed.notify_all();
}

void set_scoring_error(const std::string& text) {
  std::lock_guard lock(control().mutex);
  control().score_error = text;
}

void wait_for_failures(int count) {
  std::unique_lock lock(control().mutex);
  control().changed.wait(lock, [&] { return control().failed >= count; });
}

void wait_for_encoded(int frames) {
  std::unique_lock lock(control().mutex);
  control().changed.wait(lock, [&] { return control().encoded >= frames; });
}

class Faults : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override { fresh_control(); }

  static std::string mode() { return std::string("mode=") + GetParam(); }

  /// Pushes frames from `pts_ms` on until one is refused, for a minute at most.
  static GstFlowReturn push_until_refused(ClipHarness& clip, std::uint64_t pts_ms) {
    GstFlowReturn flow = GST_FLOW_OK;
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    for (; flow == GST_FLOW_OK && std::chrono::steady_clock::now() < give_up; pts_ms += 50) {
      flow = gst_harness_push(clip.get(), ClipHarness::frame(pts_ms).release());
    }
    return flow;
  }
};

struct Failure {
  GQuark domain = 0;
  int code = 0;
  std::string text;
};

std::optional<Failure> failure_on(ClipHarness& clip, GstMessageType type) {
  for (const auto& message : clip.messages()) {
    if (GST_MESSAGE_TYPE(message.get()) != type) continue;
    GError* error = nullptr;
    if (type == GST_MESSAGE_ERROR) {
      gst_message_parse_error(message.get(), &error, nullptr);
    } else {
      gst_message_parse_warning(message.get(), &error, nullptr);
    }
    Failure failure{error->domain, error->code, error->message};
    g_error_free(error);
    return failure;
  }
  return std::nullopt;
}

TEST_P(Faults, ADeviceThatIsLostStopsTheStreamAndIsNamed) {
  ClipHarness clip(mode());
  clip.push_range(0, 600);
  set_encoder_error("[encode] cuda:0 was lost");
  EXPECT_EQ(push_until_refused(clip, 600), GST_FLOW_ERROR);
  const auto failure = failure_on(clip, GST_MESSAGE_ERROR);
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->domain, GST_LIBRARY_ERROR);
  EXPECT_EQ(failure->code, GST_LIBRARY_ERROR_INIT);
  EXPECT_NE(failure->text.find("cuda:0 was lost"), std::string::npos);
}

TEST_P(Faults, AScoringThatFailsStopsTheStream) {
  ClipHarness clip(mode());
  set_scoring_error("[score] out of order");
  EXPECT_EQ(push_until_refused(clip, 0), GST_FLOW_ERROR);
  EXPECT_NE(clip.text_of(GST_MESSAGE_ERROR).value_or("").find("out of order"), std::string::npos);
}

TEST_P(Faults, WithPassthroughResultsComeAgainWithTheDevice) {
  ClipHarness clip(mode() + " on-error=passthrough labels=\"mean\"");
  const int encoded = control().encoded;
  clip.push_range(0, 600, 255);
  wait_for_encoded(encoded + 3);  // in async a later frame could otherwise be the first that is encoded at all
  set_encoder_error("[encode] cuda:0 was lost");
  clip.push_range(600, 2'000, 255);
  wait_for_failures(1);
  clip.push(2'000, 255);
  set_encoder_error("");
  std::optional<SeenResult> result;
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  for (std::uint64_t pts = 2'050; !result && std::chrono::steady_clock::now() < give_up; pts += 50) {
    const Seen seen = clip.push(pts, 255);
    if (!seen.results.empty() && seen.results[0].fresh) result = seen.results[0];
  }
  ASSERT_TRUE(result);
  EXPECT_GE(result->start, 600 * kMs);  // nothing of before the failure
  EXPECT_GE(clip.stat("errors"), 1U);   // in async a later frame tells
  EXPECT_TRUE(failure_on(clip, GST_MESSAGE_WARNING));
}

TEST_P(Faults, AFailureOfTheLastFrameIsToldAtEos) {
  ClipHarness clip(mode());
  const int encoded = control().encoded;
  clip.push_range(0, 1'000);
  wait_for_encoded(encoded + 4);
  set_encoder_error("[encode] cuda:0 was lost");
  gst_harness_push(clip.get(), ClipHarness::frame(1'000).release());
  wait_for_failures(1);
  gst_harness_push_event(clip.get(), gst_event_new_eos());
  EXPECT_TRUE(failure_on(clip, GST_MESSAGE_ERROR));
}

TEST_P(Faults, AFailureThatAFlushDiscardsIsNotToldAfterIt) {
  if (GetParam() == std::string("sync")) GTEST_SKIP() << "in sync the frame itself tells";
  ClipHarness clip(mode());
  set_encoder_error("[encode] cuda:0 was lost");
  hold_encoder(true);
  clip.push(0);  // returns before the encoder can fail
  hold_encoder(false);
  wait_for_failures(1);
  set_encoder_error("");
  clip.flush();
  clip.segment(0, 0, 0);
  clip.push_range(0, 1'000);
  EXPECT_FALSE(failure_on(clip, GST_MESSAGE_ERROR));
}

TEST_P(Faults, StreamsThatShareTheDeviceAllHearOfItsLoss) {
  ClipHarness one(mode());
  ClipHarness two(mode() + " labels=\"mean;level 0.5\"");
  one.push(0);
  two.push(0);
  set_encoder_error("[encode] cuda:0 was lost");
  EXPECT_EQ(push_until_refused(one, 250), GST_FLOW_ERROR);
  EXPECT_EQ(push_until_refused(two, 250), GST_FLOW_ERROR);
  EXPECT_TRUE(failure_on(one, GST_MESSAGE_ERROR));
  EXPECT_TRUE(failure_on(two, GST_MESSAGE_ERROR));
}

TEST_P(Faults, AfterAFailureTheElementCanBeStartedAgain) {
  ClipHarness clip(mode());
  set_encoder_error("[encode] cuda:0 was lost");
  push_until_refused(clip, 0);
  set_encoder_error("");
  gst_element_set_state(clip.element(), GST_STATE_NULL);
  gst_harness_play(clip.get());
  clip.event(gst_event_new_stream_start("again"));
  gst_harness_set_src_caps_str(clip.get(), ClipHarness::kCaps);
  clip.segment(0, 0, 0);
  clip.push_range(0, 1'000);
  EXPECT_EQ(clip.stat("errors"), 0U);
}

INSTANTIATE_TEST_SUITE_P(Modes, Faults, ::testing::Values("sync", "async"),
                         [](const auto& info) { return std::string(info.param); });

TEST(FaultsAtStart, ADeviceThatFailsInTheWarmUpFailsTheStart) {
  fresh_control();
  set_encoder_error("[encode] cuda:0 was lost");
  const StartFailure failure = start_failure("mode=sync");
  EXPECT_TRUE(failure.failed);
  EXPECT_EQ(failure.domain, GST_LIBRARY_ERROR);
}

}  // namespace
}  // namespace vifi::testing
