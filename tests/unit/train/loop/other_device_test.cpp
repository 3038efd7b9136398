// A training on a device that is no processor: what runs on GPUs, where there is none.
#include "support/other_device.h"

#include <thread>
#include <utility>
#include <vector>

#include <ATen/ops/full.h>

#include "device_fixture.h"
#include "distributed/process_group.h"
#include "protocols/evaluate.h"
#include "recomputing_nodes.h"
#include "support/free_port.h"

namespace vifi::train {
namespace {

struct OtherDevice : DeviceTest {
  static constexpr double kRounding = 1e-5;

  void expect_the_same_losses() {
    const std::vector<double> here = losses("here");
    device_ = other_device();
    expect_near(here, losses("there"), kRounding);
    EXPECT_EQ(here.size(), 12U);
  }
};

TEST_F(OtherDevice, HasTheSameLosses) { expect_the_same_losses(); }

TEST_F(OtherDevice, HasTheSameLossesWithBlocksComputedAgain) {
  config_.set("TRAIN.USE_CHECKPOINT", true, "test");
  const auto model = trainable_of(config_, other_device());
  const at::Tensor clips = at::full({1, 2, 3, 64, 64}, 0.5, at::TensorOptions().device(other_device()));
  const at::Tensor text = at::full({3, 64}, 0.125, clips.options());
  EXPECT_EQ(recomputing_nodes(model->logits(clips, text)), 4 - 1);  // all but the last of the bundled model's blocks
  expect_the_same_losses();
}

TEST_F(OtherDevice, HasTheSameLossesWithPrompts) {
  config_.set("TRAINER.ViFi_CLIP.PROMPT_MODEL", true, "test");
  config_.set("TRAINER.ViFi_CLIP.N_CTX_TEXT", 4, "test");
  config_.set("AUG.MIXUP", 0.0, "test");
  config_.set("TRAIN.LR", 1e-2, "test");
  expect_the_same_losses();
}

TEST_F(OtherDevice, GoesOnToTheSameBits) {
  device_ = other_device();
  train("whole");
  train("parts", {.most_steps = 2});
  train("parts", {.resume = path("parts/interrupted.pth")});
  EXPECT_EQ(largest_difference(weights(path("whole/ckpt_epoch_1.pth")), weights(path("parts/ckpt_epoch_1.pth"))), 0);
}

TEST_F(OtherDevice, GoesOnWithATrainingOfTheProcessor) {
  const std::vector<double> whole = losses("whole");
  losses("parts", {.most_steps = 2});
  device_ = other_device();
  const std::vector<double> rest = losses("parts", {.resume = path("parts/interrupted.pth")});
  expect_near({whole.begin() + 2, whole.end()}, rest, kRounding);
}

TEST_F(OtherDevice, ScoresAsTheProcessorDoes) {
  const auto score = [&](at::Device device) {
    const auto model = tested_model(config_, device);
    Loader loader(std::make_shared<NoiseClips>(6), {.batch = 3, .workers = 1, .shuffle = false, .drop_last = false});
    const at::Tensor text = label_features(*model, labels_).to(device);
    return evaluate(*model, loader, 6, 2, text).samples;
  };
  const std::vector<Judged> here = score(at::kCPU), there = score(other_device());
  ASSERT_EQ(here.size(), 6U);
  ASSERT_EQ(there.size(), 6U);
  for (std::size_t i = 0; i < here.size(); ++i) {
    EXPECT_EQ(here[i].best, there[i].best);
    EXPECT_NEAR(here[i].score, there[i].score, 1e-5);
  }
}

/// What one of two processes gets: a sum, and a gradient's mean.
std::pair<double, double> shared(int rank, int port) {
  const auto group =
      join_gloo({.rank = rank, .size = 2, .address = "127.0.0.1", .port = port, .hosts_store = rank == 0});
  const auto there = at::TensorOptions().dtype(at::kFloat).device(other_device());
  const at::Tensor values = at::full({3}, rank + 1, there);
  group->sum(values);
  at::Tensor parameter = at::full({2}, 5, there).set_requires_grad(true);
  if (rank == 1) parameter.mutable_grad() = at::full({2}, 8, there);
  group->average_gradients(std::span(&parameter, 1));
  EXPECT_EQ(parameter.grad().device(), other_device());
  return {values[2].item<double>(), parameter.grad()[1].item<double>()};
}

TEST(OtherDevicesProcesses, ShareWhatLiesThere) {
  const int port = free_port();
  std::pair<double, double> second;
  std::thread other([&] { second = shared(1, port); });
  const auto first = shared(0, port);
  other.join();
  EXPECT_EQ(first, std::pair(3.0, 4.0));
  EXPECT_EQ(second, first);
}

}  // namespace
}  // namespace vifi::train
