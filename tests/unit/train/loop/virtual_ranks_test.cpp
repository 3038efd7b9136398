// Logical ranks, whose gradients are averaged, against one batch of all their clips.
//
// The gradients agree to rounding. Weights cannot everywhere: the first steps of AdamW are lr * sign(gradient) whatever
// the gradient's size, and some have none but rounding, as keys' biases, which softmax does not feel. Such a weight
// goes up on one side and down on the other, 2 * lr apart. What the model computes hardly notices.
#include <map>

#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>

#include "trainer_fixture.h"

namespace vifi::train {
namespace {

class VirtualRanks : public TrainerTest {
 protected:
  VirtualRanks() {
    config_.set("AUG.MIXUP", 0.0, "test");
    config_.set("AUG.CUTMIX", 0.0, "test");
    config_.set("TRAIN.EPOCHS", 1, "test");
    config_.set("TRAIN.ACCUMULATION_STEPS", 1, "test");
  }

  void train_both_ways(std::int64_t steps) {
    config_.set("TRAIN.BATCH_SIZE", 2, "test");
    train_noting_losses("ranks", {.virtual_ranks = 2, .most_steps = steps});
    config_.set("TRAIN.BATCH_SIZE", 4, "test");
    train_noting_losses("batch", {.most_steps = steps});
  }

  void train_noting_losses(const std::string& run, const TrainerOptions& options) {
    train(run, options,
          {.on_step = [&](const StepReport& report) { losses_[run].push_back(report.loss); },
           .evaluate = {},
           .stop = {}});
  }

  std::map<std::string, std::vector<double>> losses_;

  /// Moments of the parameter with a number. @return undefined where it has none
  static at::Tensor moment(const TorchDict& optimizer, std::size_t number, const char* name) {
    for (const auto& [key, value] : optimizer.find("state")->as<TorchDict>()->items) {
      if (*key.as<std::int64_t>() == static_cast<std::int64_t>(number)) {
        return *value.as<TorchDict>()->find(name)->as<at::Tensor>();
      }
    }
    return {};
  }
};

TEST_F(VirtualRanks, TakeTheStepOfOneBatch) {
  train_both_ways(1);
  const TorchDict ranks = weights(path("ranks/interrupted.pth")), batch = weights(path("batch/interrupted.pth"));
  const TorchDict ranks_optimizer = entry(path("ranks/interrupted.pth"), "optimizer");
  const TorchDict batch_optimizer = entry(path("batch/interrupted.pth"), "optimizer");
  const auto untrained = trainable_of(config_);
  double felt = 0, all = 0, moved = 0;
  for (std::size_t i = 0; i < untrained->parameters().size(); ++i) {
    const Parameter& start = untrained->parameters()[i];
    // After one step the first moment is the gradient, times 1 - beta1.
    const at::Tensor one = moment(ranks_optimizer, i, "exp_avg"), other = moment(batch_optimizer, i, "exp_avg");
    ASSERT_EQ(one.defined(), other.defined()) << start.name;
    if (!one.defined()) {
      continue;
    }
    // The sums of float32 are taken in another order; by how much that shows depends on the processor.
    EXPECT_LE((one - other).abs().max().item<double>(), 1e-5 * other.abs().max().item<double>() + 1e-9) << start.name;
    const at::Tensor& weight = *batch.find("module." + start.name)->as<at::Tensor>();
    const at::Tensor apart = (weight - *ranks.find("module." + start.name)->as<at::Tensor>()).abs();
    const at::Tensor has_gradient = other.abs() > 1e-6;
    EXPECT_LE(at::where(has_gradient, apart, at::zeros_like(apart)).max().item<double>(), 1e-6) << start.name;
    felt += has_gradient.sum().item<double>();
    all += static_cast<double>(apart.numel());
    moved = std::max(moved, (weight - start.value.detach()).abs().max().item<double>());
  }
  EXPECT_NEAR(moved, 1e-4, 1e-6);
  EXPECT_GT(felt, 0.95 * all);
}

TEST_F(VirtualRanks, HaveTheLossesOfOneBatchThroughoutATraining) {
  train_both_ways(0);
  ASSERT_EQ(losses_["ranks"].size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(losses_["ranks"][i], losses_["batch"][i], 1e-5 * losses_["batch"][i]) << "step " << i;
  }
}

}  // namespace
}  // namespace vifi::train
