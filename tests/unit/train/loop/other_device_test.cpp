// A training on a device that is no processor: what runs on GPUs, where there is none.
#include "support/other_device.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>
#include <thread>
#include <vector>

#include <ATen/ops/full.h>

#include "distributed/process_group.h"
#include "protocols/evaluate.h"
#include "recomputing_nodes.h"
#include "train_access.h"
#include "trainer_fixture.h"

namespace vifi::train {
namespace {

struct OtherDevice : TrainerTest {
  std::vector<double> losses(const std::string& run, const TrainerOptions& options = {}) {
    std::vector<double> all;
    train(run, options, {.on_step = [&](const StepReport& report) { all.push_back(report.loss); }, .evaluate = {}, .stop = {}});
    return all;
  }

  /// Losses and not weights: AdamW moves a weight whose gradient is but rounding by the sign of that.
  static void expect_near(const std::vector<double>& here, const std::vector<double>& there) {
    ASSERT_EQ(here.size(), there.size());
    for (std::size_t step = 0; step < here.size(); ++step) {
      EXPECT_NEAR(here[step], there[step], 1e-5 * here[step]) << "step " << step;
    }
  }

  void expect_the_same_losses() {
    const std::vector<double> here = losses("here");
    device_ = other_device();
    expect_near(here, losses("there"));
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
  expect_near({whole.begin() + 2, whole.end()}, rest);
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

int free_port() {
  const int listening = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(listening, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      getsockname(listening, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("no port");
  }
  close(listening);
  return ntohs(address.sin_port);
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

struct Gpu : OtherDevice {
  void SetUp() override {
    device_ = computing_device("auto", 0);
    if (device_.is_cpu()) GTEST_SKIP() << "there is no GPU that libtorch can use";
    keep_float32_products();
  }
  /// @param share  of the loss by which it may differ
  void expect_losses_of_the_processor(Arithmetic arithmetic, double share) {
    const std::vector<double> there = losses("there", {.arithmetic = arithmetic});
    device_ = at::kCPU;
    const std::vector<double> here = losses("here");
    ASSERT_EQ(here.size(), there.size());
    for (std::size_t step = 0; step < here.size(); ++step) {
      EXPECT_NEAR(here[step], there[step], share * here[step]) << "step " << step;
    }
  }
};

TEST_F(Gpu, HasTheLossesOfTheProcessor) { expect_losses_of_the_processor(Arithmetic::fp32, 1e-3); }
TEST_F(Gpu, HasNearlyItsLossesInBf16) { expect_losses_of_the_processor(Arithmetic::bf16, 0.05); }
TEST_F(Gpu, HasNearlyItsLossesInFp16) { expect_losses_of_the_processor(Arithmetic::fp16, 0.05); }

}  // namespace
}  // namespace vifi::train
