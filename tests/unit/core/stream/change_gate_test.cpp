#include "stream/change_gate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>

#include "fake_model.h"
#include "vifi/async_recogniser.h"
#include "vifi/error.h"

namespace vifi::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

/// 16 x 16, all of one value in each channel (before normalisation: `mean` and `std` are 0 and 1).
PreparedFrame picture(float red, float green, float blue) {
  PreparedFrame frame;
  frame.size = 16;
  for (const float value : {red, green, blue})
    frame.pixels.insert(frame.pixels.end(), 256, value);
  return frame;
}

PreparedFrame grey(float level) {
  return picture(level, level, level);
}

PreprocessSpec plain() {
  PreprocessSpec spec;
  spec.mean = {0, 0, 0};
  spec.std = {1, 1, 1};
  return spec;
}

/// A gate that remembers `frame` with the state 7.
ChangeGate gate_with(const PreparedFrame& frame, const PreprocessSpec& spec = plain()) {
  ChangeGate gate(spec);
  EXPECT_FALSE(gate.state_of(frame, 1));
  gate.keep(std::vector<float>{7});
  return gate;
}

TEST(ChangeGate, GivesTheStateOfAPictureThatLooksTheSame) {
  ChangeGate gate = gate_with(grey(0.5F));
  EXPECT_EQ(gate.state_of(grey(0.5F), 1e-6), std::vector<float>{7});
  EXPECT_EQ(gate.state_of(grey(0.52F), 0.03), std::vector<float>{7});
  EXPECT_FALSE(gate.state_of(grey(0.52F), 0.01));
}

TEST(ChangeGate, WeighsColoursAsLumaDoes) {
  ChangeGate gate = gate_with(grey(0));
  EXPECT_FALSE(gate.state_of(picture(0, 0.1F, 0), 0.058));  // 0.0587
  EXPECT_TRUE(gate.state_of(picture(0, 0.1F, 0), 0.059));
  EXPECT_FALSE(gate.state_of(picture(0, 0, 0.1F), 0.0113));  // 0.0114
  EXPECT_TRUE(gate.state_of(picture(0, 0, 0.1F), 0.0115));
}

TEST(ChangeGate, UndoesTheNormalisation) {
  PreprocessSpec spec = plain();
  spec.std = {0.25F, 0.25F, 0.25F};
  ChangeGate gate = gate_with(grey(0), spec);
  EXPECT_TRUE(gate.state_of(grey(0.4F), 0.101));  // 0.1 of the range
  EXPECT_FALSE(gate.state_of(grey(0.4F), 0.099));
}

TEST(ChangeGate, SeesWhatIsSmall) {
  ChangeGate gate = gate_with(grey(0));
  PreparedFrame frame = grey(0);
  for (const int channel : {0, 1, 2})
    frame.pixels[static_cast<std::size_t>(channel * 256 + 255)] = 1;  // a corner's pixel, a quarter of its cell
  EXPECT_FALSE(gate.state_of(frame, 0.24));
  EXPECT_TRUE(gate.state_of(frame, 0.26));
}

TEST(ChangeGate, AddsUpSlowChanges) {
  ChangeGate gate = gate_with(grey(0));
  EXPECT_TRUE(gate.state_of(grey(0.04F), 0.05));
  EXPECT_FALSE(gate.state_of(grey(0.08F), 0.05));
}

TEST(ChangeGate, LeavesPicturesOnADeviceAlone) {
  ChangeGate gate(plain());
  PreparedFrame frame;
  frame.size = 16;
  frame.device = std::make_shared<int>();
  EXPECT_FALSE(gate.state_of(frame, 1));
  gate.keep(std::vector<float>{7});
  EXPECT_FALSE(gate.state_of(frame, 1));
  EXPECT_FALSE(gate.state_of(grey(0), 1));
}

/// The frame's number in per cent as a grey picture, whose state is its first value.
void prepare_grey(const FrameView& frame, PreparedFrame& out) {
  out = grey(static_cast<float>(frame.tag.running_ns) / 100);
}

class SkipUnchanged : public ::testing::TestWithParam<bool> {
 protected:
  /// One frame a second, with a window of 4 s and a result each second; a frame is taken in when the one before is
  /// done.
  void play(double threshold, std::initializer_list<int> levels) {
    RecogniserOptions options;
    options.frames = 4;
    options.window_ns = 4 * kSecond;
    options.hop_ns = kSecond;
    options.skip_unchanged = threshold;
    ModelInfo info = FakeModel::fake_info();
    info.preprocess.mean = {0, 0, 0};
    info.preprocess.std = {1, 1, 1};
    model_ = std::make_shared<FakeModel>(info);
    auto host = std::make_shared<ModelHost>(model_, HostOptions{});
    auto recogniser = std::make_unique<Recogniser>(host, fake_bank({"a"}), options, prepare_grey);
    std::int64_t second = 0;
    if (!GetParam()) {
      for (const int level : levels)
        recogniser->push(numbered_frame(level, kSecond * second++));
      stats_ = recogniser->stats();
      return;
    }
    AsyncRecogniser async(std::move(recogniser), 2);
    for (const int level : levels) {
      async.push(numbered_frame(level, kSecond * second++));
      async.drain();
    }
    stats_ = async.stats();
  }

  std::shared_ptr<FakeModel> model_;
  StreamStats stats_;
};

TEST_P(SkipUnchanged, IsOffByDefault) {
  play(0, {50, 50, 50, 50, 50});
  EXPECT_THAT(model_->batches(), SizeIs(5));
  EXPECT_EQ(stats_.frames_sampled, 5U);
  EXPECT_EQ(stats_.frames_unchanged, 0U);
}

TEST_P(SkipUnchanged, EncodesAStillSceneOnce) {
  play(0.02, {50, 51, 50, 49, 50, 51});
  EXPECT_THAT(model_->batches(), SizeIs(1));
  EXPECT_THAT(model_->windows(), SizeIs(3));
  EXPECT_THAT(model_->windows().back(), ElementsAre(0.5F, 0.5F, 0.5F, 0.5F));
  EXPECT_EQ(stats_.frames_unchanged, 5U);
  EXPECT_EQ(stats_.samples, 6U);
  EXPECT_EQ(stats_.sampling_rate, 0);
}

TEST_P(SkipUnchanged, EncodesWhatMoves) {
  play(0.02, {50, 50, 60, 70, 70});
  EXPECT_THAT(model_->batches(), SizeIs(3));
  EXPECT_THAT(model_->windows().back(), ElementsAre(0.5F, 0.6F, 0.7F, 0.7F));
}

INSTANTIATE_TEST_SUITE_P(Modes, SkipUnchanged, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "Async" : "Sync"; });

TEST(SkipUnchangedOption, IsAShareOfTheRange) {
  RecogniserOptions options;
  options.skip_unchanged = 1.5;
  auto host = std::make_shared<ModelHost>(std::make_shared<FakeModel>(), HostOptions{});
  EXPECT_THROW(Recogniser(host, fake_bank({"a"}), options), Error);
}

}  // namespace
}  // namespace vifi::testing
