#include "loop/trainer.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocols/start.h"
#include "vifi/error.h"
#include "vifi/log.h"
#include "weights/torch_archive.h"

namespace vifi::train {
namespace {

namespace fs = std::filesystem;
using testing::EndsWith;
using testing::HasSubstr;

/// Noise in three classes, drawn by the loader's own keys.
class NoiseClips final : public ClipSource {
 public:
  explicit NoiseClips(std::size_t samples) : samples_(samples) {}
  std::size_t size() const override { return samples_; }
  std::array<std::int64_t, 4> shape() const override { return {2, 3, 64, 64}; }
  std::int64_t label(std::size_t sample) const override { return static_cast<std::int64_t>(sample % 3); }
  std::string name(std::size_t sample) const override { return "noise " + std::to_string(sample); }
  std::unique_ptr<ClipReader> reader() const override {
    struct Reader final : ClipReader {
      void read(std::size_t, Random& random, std::span<float> images) override {
        for (float& value : images) value = static_cast<float>(2 * random.uniform() - 1);
      }
    };
    return std::make_unique<Reader>();
  }

 private:
  std::size_t samples_;
};

class TrainerTest : public testing::Test {
 protected:
  TrainerTest() {
    std::string name = (fs::temp_directory_path() / "vifi-trainer-XXXXXX").string();
    folder_ = mkdtemp(name.data());
    config_.set("MODEL.PRETRAINED", std::getenv("VIFI_DEFAULT_MODEL"), "test");
    config_.set("DATA.INPUT_SIZE", 64, "test");
    config_.set("TRAIN.EPOCHS", 2, "test");
    config_.set("TRAIN.WARMUP_EPOCHS", 0, "test");
    config_.set("TRAIN.LR", 1e-4, "test");
    config_.set("TRAIN.BATCH_SIZE", 2, "test");
    config_.set("TRAIN.ACCUMULATION_STEPS", 2, "test");
  }
  ~TrainerTest() override { fs::remove_all(folder_); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  TrainingEnd train(const std::string& run, const TrainerOptions& options = {}, const TrainerCalls& calls = {}) {
    const auto model = trainable_of(config_);
    const RunFolder folder(path(run));
    Trainer trainer(*model, labels_, std::make_shared<NoiseClips>(12), config_, options, &folder);
    return trainer.run(calls);
  }

  /// The entry "model" of a checkpoint.
  static TorchDict weights(const std::string& file) { return *read_torch_value(file).as<TorchDict>()->find("model")->as<TorchDict>(); }

  static double largest_difference(const TorchDict& one, const TorchDict& other) {
    double largest = one.items.size() == other.items.size() ? 0 : 1e9;
    for (const auto& [name, value] : one.items) {
      const at::Tensor delta = *value.as<at::Tensor>() - *other.find(*name.as<std::string>())->as<at::Tensor>();
      largest = std::max(largest, delta.abs().max().item<double>());
    }
    return largest;
  }

  fs::path folder_;
  Config config_;
  LabelSet labels_ = make_label_set({"walking", "running", "sitting"});
};

TEST_F(TrainerTest, AnInterruptedTrainingGoesOnToTheSameBits) {
  ASSERT_EQ(train("whole"), TrainingEnd::finished);
  ASSERT_EQ(train("parts", {.most_steps = 2}), TrainingEnd::stopped);
  const auto newest = newest_checkpoint(path("parts"));
  ASSERT_TRUE(newest);
  EXPECT_THAT(*newest, EndsWith("interrupted.pth"));
  ASSERT_EQ(train("parts", {.resume = *newest}), TrainingEnd::finished);
  EXPECT_EQ(largest_difference(weights(path("whole/ckpt_epoch_1.pth")), weights(path("parts/ckpt_epoch_1.pth"))), 0);
  EXPECT_FALSE(fs::exists(path("parts/interrupted.pth")));
}

TEST_F(TrainerTest, GoesOnBehindTheNewestGoodEpoch) {
  ASSERT_EQ(train("run"), TrainingEnd::finished);
  const TorchDict finished = weights(path("run/ckpt_epoch_1.pth"));
  fs::resize_file(path("run/ckpt_epoch_1.pth"), fs::file_size(path("run/ckpt_epoch_1.pth")) / 2);
  set_log_sink([](LogLevel, std::string_view) {});
  const auto newest = newest_checkpoint(path("run"));
  set_log_sink({});
  ASSERT_TRUE(newest);
  EXPECT_THAT(*newest, EndsWith("ckpt_epoch_0.pth"));
  ASSERT_EQ(train("run", {.resume = *newest}), TrainingEnd::finished);
  EXPECT_EQ(largest_difference(finished, weights(path("run/ckpt_epoch_1.pth"))), 0);
}

TEST_F(TrainerTest, TwoVirtualRanksTakeTheStepOfOneWithTwiceTheBatch) {
  config_.set("AUG.MIXUP", 0.0, "test");
  config_.set("TRAIN.EPOCHS", 1, "test");
  config_.set("TRAIN.ACCUMULATION_STEPS", 1, "test");
  ASSERT_EQ(train("ranks", {.virtual_ranks = 2}), TrainingEnd::finished);
  config_.set("TRAIN.BATCH_SIZE", 4, "test");
  ASSERT_EQ(train("batch"), TrainingEnd::finished);
  // AdamW turns rounding of a gradient near 0 into a step, so single weights may differ; the movement may not.
  const TorchDict ranks = weights(path("ranks/ckpt_epoch_0.pth")), batch = weights(path("batch/ckpt_epoch_0.pth"));
  double apart = 0, moved = 0;
  const auto untrained = trainable_of(config_);
  for (const Parameter& start : untrained->parameters()) {
    const at::Tensor& one = *ranks.find("module." + start.name)->as<at::Tensor>();
    const at::Tensor& other = *batch.find("module." + start.name)->as<at::Tensor>();
    apart += (one - other).pow(2).sum().item<double>();
    moved += (other - start.value.detach()).pow(2).sum().item<double>();
  }
  EXPECT_GT(moved, 0);
  EXPECT_LT(apart, 1e-4 * moved);
}

TEST_F(TrainerTest, TheNumberOfWorkersChangesNothing) {
  config_.set("TRAIN.EPOCHS", 1, "test");
  ASSERT_EQ(train("one", {.workers = 1}), TrainingEnd::finished);
  ASSERT_EQ(train("three", {.workers = 3}), TrainingEnd::finished);
  EXPECT_EQ(largest_difference(weights(path("one/ckpt_epoch_0.pth")), weights(path("three/ckpt_epoch_0.pth"))), 0);
}

TEST_F(TrainerTest, KeepsTheBestOfWhatWasEvaluated) {
  std::vector<double> accuracies{40, 30};
  ASSERT_EQ(train("run", {}, {.on_step = {}, .evaluate = [&](std::int64_t epoch, Trainable&) { return accuracies[static_cast<std::size_t>(epoch)]; }, .stop = {}}),
            TrainingEnd::finished);
  EXPECT_EQ(largest_difference(weights(path("run/best.pth")), weights(path("run/ckpt_epoch_0.pth"))), 0);
}

TEST_F(TrainerTest, FrozenTextStaysAsItIs) {
  config_.set("TRAINER.ViFi_CLIP.USE", "image", "test");
  config_.set("TRAIN.EPOCHS", 1, "test");
  const auto before = trainable_of(config_);
  ASSERT_EQ(train("run"), TrainingEnd::finished);
  const TorchDict after = weights(path("run/ckpt_epoch_0.pth"));
  bool image_moved = false;
  for (const Parameter& parameter : before->parameters()) {
    const bool same = at::equal(parameter.value, *after.find("module." + parameter.name)->as<at::Tensor>());
    image_moved = image_moved || !same;
    EXPECT_TRUE(same || parameter.name.starts_with("image_encoder.")) << parameter.name;
  }
  EXPECT_TRUE(image_moved);
}

TEST_F(TrainerTest, ResumingWithOtherPartsTrainedIsRefused) {
  ASSERT_EQ(train("run"), TrainingEnd::finished);
  config_.set("TRAINER.ViFi_CLIP.PROMPT_MODEL", true, "test");
  config_.set("TRAINER.ViFi_CLIP.N_CTX_TEXT", 4, "test");
  EXPECT_THROW(train("other", {.resume = path("run/ckpt_epoch_0.pth")}), Error);
}

TEST_F(TrainerTest, AMisspeltPartIsRefused) {
  config_.set("TRAINER.ViFi_CLIP.USE", "images", "test");
  EXPECT_THROW(trainable_of(config_), Error);
}

}  // namespace
}  // namespace vifi::train
