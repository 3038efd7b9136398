#include "loop/trainer.h"

#include <ATen/ops/equal.h>
#include <gmock/gmock.h>

#include "trainer_fixture.h"
#include "vifi/error.h"
#include "vifi/log.h"

namespace vifi::train {
namespace {

namespace fs = std::filesystem;
using testing::EndsWith;
using testing::HasSubstr;

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

TEST_F(TrainerTest, TheNumberOfWorkersChangesNothing) {
  config_.set("TRAIN.EPOCHS", 1, "test");
  ASSERT_EQ(train("one", {.workers = 1}), TrainingEnd::finished);
  ASSERT_EQ(train("three", {.workers = 3}), TrainingEnd::finished);
  EXPECT_EQ(largest_difference(weights(path("one/ckpt_epoch_0.pth")), weights(path("three/ckpt_epoch_0.pth"))), 0);
}

TEST_F(TrainerTest, KeepsTheBestOfWhatWasEvaluated) {
  std::vector<double> accuracies{40, 30};
  ASSERT_EQ(
      train("run", {},
            {.on_step = {},
             .evaluate = [&](std::int64_t epoch, Trainable&) { return accuracies[static_cast<std::size_t>(epoch)]; },
             .stop = {}}),
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
