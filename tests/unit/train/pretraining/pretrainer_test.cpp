// Pretraining a CLIP from nothing, on pictures of one colour.
#include "pretraining/pretrainer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <numeric>

#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include "data/random.h"
#include "pretraining/clip_bundle.h"
#include "support/temporary_folder.h"
#include "train_access.h"
#include "vifi/error.h"

namespace vifi::train {
namespace {

/// Dark pictures, of which one channel is bright; the point tells which.
class Colors : public CaptionedImages {
 public:
  std::int64_t image_size() const override { return 16; }
  std::int64_t coordinates() const override { return 2; }
  std::vector<std::string> labels() const override { return {"red", "green", "blue"}; }
  std::vector<std::string> label_wordings() const override { return {"a photo of a {}.", "{}."}; }
  std::vector<std::string> vocabulary() const override { return {"something"}; }
  std::unique_ptr<CaptionedImageReader> reader() const override { return std::make_unique<Reader>(); }

 private:
  class Reader final : public CaptionedImageReader {
   public:
    CaptionedImage read(std::uint64_t number, std::span<std::uint8_t> pixels, std::span<float> points) override {
      Random random({number});
      const std::int64_t kind = random.below(4);  // three labels, or nothing
      for (std::size_t i = 0; i < pixels.size(); ++i) {
        const bool bright = static_cast<std::int64_t>(i) / 256 == kind;
        pixels[i] = static_cast<std::uint8_t>(random.below(60) + (bright ? 120 : 0));
      }
      if (kind == 3) return {.caption = "something"};
      points[0] = static_cast<float>(kind) / 2;
      points[1] = .5F;
      const std::array<const char*, 3> names{"red", "green", "blue"};
      const std::string name = names[static_cast<std::size_t>(kind)];
      return {.caption = random.chance(.5) ? name + "." : "a " + name + " photo.", .label = kind, .has_points = true};
    }
  };
};

/// A failing source: its second batch cannot be made.
class Broken final : public Colors {
 public:
  std::unique_ptr<CaptionedImageReader> reader() const override {
    struct Reader final : CaptionedImageReader {
      CaptionedImage read(std::uint64_t number, std::span<std::uint8_t>, std::span<float>) override {
        if (number == 20) throw Error(ErrorCode::unreadable, "[draw] picture 20");
        return {.caption = "red."};
      }
    };
    return std::make_unique<Reader>();
  }
};

ClipConfig tiny() {
  ClipConfig config = small_clip();
  config.patch_size = 8;
  config.vision = {.width = 64, .layers = 1, .heads = 1, .mlp_width = 64};
  config.text = {.width = 64, .layers = 1, .heads = 1, .mlp_width = 64};
  config.embed_dim = 16;
  return config;
}

PretrainingOptions few_steps(std::int64_t steps) {
  PretrainingOptions options;
  options.seed = 1;
  options.steps = steps;
  options.warmup_steps = 5;
  options.batch = 16;
  options.whitening_images = 16;
  return options;
}

/// Mean accuracy over the last ten steps, percent.
double accuracy_after(const PretrainingOptions& options) {
  const Colors source;
  Pretrainer pretrainer(source, tiny(), options);
  std::vector<double> right;
  pretrainer.run([&](const PretrainingReport& report) { right.push_back(report.label_accuracy); });
  return std::accumulate(right.end() - 10, right.end(), 0.0) / 10;
}

bool same(const ClipWeights& one, const ClipWeights& other) {
  return std::all_of(one.tensors.begin(), one.tensors.end(),
                     [&](const auto& entry) { return at::equal(entry.second, other.tensors.at(entry.first)); });
}

TEST(Pretrainer, LearnsToNameWhatItSees) {
  EXPECT_GT(accuracy_after(few_steps(60)), 90);
}

TEST(Pretrainer, LearnsFromCaptionsAlone) {
  PretrainingOptions options = few_steps(100);
  options.label_weight = options.point_weight = 0;
  options.caption_weight = 1;
  EXPECT_GT(accuracy_after(options), 80);
}

TEST(Pretrainer, ChangesNothingAtRateZero) {
  const Colors source;
  PretrainingOptions options = few_steps(4);
  options.lr = 0;
  Pretrainer pretrainer(source, tiny(), options);
  const ClipWeights before = pretrainer.weights();
  pretrainer.run({});
  EXPECT_TRUE(same(before, pretrainer.weights()));
}

TEST(Pretrainer, GoesOnExactlyWhereItStopped) {
  const Colors source;
  Pretrainer whole(source, tiny(), few_steps(12)), first(source, tiny(), few_steps(12)),
      second(source, tiny(), few_steps(12));
  EXPECT_TRUE(whole.run({}));
  std::int64_t asked = 0;
  EXPECT_FALSE(first.run({}, [&] { return asked++ == 7; }));
  EXPECT_EQ(first.step(), 7);
  second.resume(first.state(), "state");
  EXPECT_EQ(second.step(), 7);
  EXPECT_TRUE(second.run({}));
  EXPECT_TRUE(same(whole.weights(), second.weights()));
  EXPECT_FALSE(same(whole.weights(), first.weights()));
}

TEST(Pretrainer, RefusesAStateOfOtherOptions) {
  const Colors source;
  Pretrainer one(source, tiny(), few_steps(4)), other(source, tiny(), few_steps(5));
  EXPECT_THROW(other.resume(one.state(), "state"), Error);
  EXPECT_THROW(other.resume(TorchValue(1), "state"), Error);
}

TEST(Pretrainer, WorkersChangeNothing) {
  const Colors source;
  PretrainingOptions more = few_steps(6);
  more.workers = 3;
  Pretrainer one(source, tiny(), few_steps(6)), three(source, tiny(), more);
  one.run({});
  three.run({});
  EXPECT_TRUE(same(one.weights(), three.weights()));
}

TEST(Pretrainer, APictureThatCannotBeMadeEndsIt) {
  const Broken source;
  PretrainingOptions options = few_steps(4);
  options.whitening_images = 0;
  Pretrainer pretrainer(source, tiny(), options);
  EXPECT_THROW(pretrainer.run({}), Error);
  EXPECT_EQ(pretrainer.step(), 1);
}

TEST(Pretrainer, KeepsUnusedTokensAndPositionsAtZero) {
  const Colors source;
  Pretrainer pretrainer(source, tiny(), few_steps(3));
  pretrainer.run({});
  const ClipWeights weights = pretrainer.weights();
  const at::Tensor used = weights.tensors.at("token_embedding.weight").abs().sum(1).gt(0);
  EXPECT_EQ(used.sum().item<std::int64_t>(), 10);  // begin, end, red, green, blue, a, photo, of, ".", something
  EXPECT_EQ(weights.tensors.at("positional_embedding").narrow(0, 32, 45).abs().sum().item<double>(), 0);
}

TEST(Pretrainer, RefusesNothingToDo) {
  const Colors source;
  EXPECT_THROW(Pretrainer(source, tiny(), few_steps(0)), Error);
  PretrainingOptions alone = few_steps(3);
  alone.batch = 1;  // nothing to tell it from
  EXPECT_THROW(Pretrainer(source, tiny(), alone), Error);
}

TEST(ClipBundle, IsReadBackAsItWas) {
  const TemporaryFolder folder;
  const Colors source;
  Pretrainer pretrainer(source, tiny(), few_steps(2));
  pretrainer.run({});
  const ClipWeights written = pretrainer.weights();
  write_clip_bundle(folder.path("model"), written, {.labels = source.labels(), .trained_on = "colours"});
  const StartingPoint read = read_starting_point(folder.path("model"));
  const ClipWeights weights = clip_weights(read.source.checkpoint, read.source.overrides);
  EXPECT_EQ(weights.config, written.config);
  EXPECT_TRUE(same(written, weights));
  EXPECT_THROW(write_clip_bundle(folder.path("model"), written, {}), Error);  // it never writes over a model
}

}  // namespace
}  // namespace vifi::train
