// A checkpoint written here is one that PyTorch opens and trains on from.
#include <sys/wait.h>

#include <cstdlib>
#include <fstream>
#include <iostream>

#include <ATen/Context.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/tensor.h>

#include "optim/losses.h"
#include "protocols/class_prompts.h"
#include "trainer_fixture.h"
#include "weights/torch_writer.h"

namespace vifi::train {
namespace {

struct PyTorch : TrainerTest {};

TEST_F(PyTorch, GoesOnWithACheckpointToTheSameLosses) {
  const auto model = trainable_of(config_);
  const at::Tensor ids = prompt_ids(model->recipe(), labels_);
  AdamW optimizer(model->parameters(), model->recipe());
  constexpr std::int64_t kBefore = 3, kAfter = 4;
  TrainingClock clock(
      CosineSchedule::of({.epochs = 1, .steps_per_epoch = kBefore + kAfter, .warmup_epochs = 0, .lr = 1e-4}),
      kBefore + kAfter, 1);
  Stepper stepper(*model, optimizer, clock, ids);
  stepper.begin_epoch(0);
  at::manual_seed(7);
  TorchList rest;
  for (std::int64_t step = 0; step < kBefore + kAfter; ++step) {
    if (step == kBefore) {
      const TorchDict state = training_state(*model, ids, optimizer, clock, {.epoch = 0, .step = step}, config_.tree());
      save_torch_archive(path("checkpoint.pth"), state);
    }
    const at::Tensor clips = at::rand({2, 2, 3, 64, 64}) * 2 - 1;
    const at::Tensor targets = smoothed_targets(at::tensor({step % 3, (step + 1) % 3}, at::kLong), 3, 0.1);
    const double lr = clock.lr();
    const std::vector<StepInput> inputs{{clips, targets}};
    const double loss = stepper.step(inputs);
    if (step >= kBefore) {
      TorchDict entry;
      entry.add("clips", clips);
      entry.add("targets", targets);
      entry.add("lr", lr);
      entry.add("loss", loss);
      rest.push_back(std::move(entry));
    }
  }
  TorchDict steps;
  steps.add("ids", ids);
  steps.add("steps", std::move(rest));
  save_torch_archive(path("steps.pt"), steps);

  const char* python = std::getenv("VIFI_TEST_PYTHON");
  const std::string command = std::string(python == nullptr ? "python3" : python) + " '" +
                              std::getenv("VIFI_TEST_DATA") + "/../unit/train/loop/go_on_in_pytorch.py' '" +
                              path("checkpoint.pth") + "' '" + path("steps.pt") + "' >'" + path("out") + "' 2>&1";
  const int status = std::system(command.c_str());
  std::ifstream out(path("out"));
  const std::string said{std::istreambuf_iterator<char>(out), std::istreambuf_iterator<char>()};
  ASSERT_TRUE(WIFEXITED(status));
  constexpr int kNoTorch = 77;
  if (WEXITSTATUS(status) == kNoTorch) {
    GTEST_SKIP() << said;
  }
  EXPECT_EQ(WEXITSTATUS(status), 0) << said;
  std::cout << said;
}

}  // namespace
}  // namespace vifi::train
