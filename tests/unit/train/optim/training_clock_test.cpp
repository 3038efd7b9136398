#include "optim/training_clock.h"

#include <gtest/gtest.h>

#include "vifi/error.h"

namespace vifi::train {
namespace {

TEST(TrainingClock, TheRateLagsByOneStep) {
  TrainingClock clock(CosineSchedule::of({.epochs = 2, .steps_per_epoch = 4, .warmup_epochs = 1, .lr = 1.0}), 4, 1);
  EXPECT_EQ(clock.lr(), 0);
  clock.advance();
  EXPECT_EQ(clock.lr(), 0);  // that of step 0
  clock.advance();
  EXPECT_EQ(clock.lr(), 0.25);
}

TEST(TrainingClock, LeftOverMicroStepsOfAnEpochLeadToNoStep) {
  TrainingClock clock(CosineSchedule::of({.epochs = 1, .steps_per_epoch = 5, .lr = 1.0}), 5, 2);
  int steps = 0;
  for (clock.begin_epoch(0); !clock.epoch_done(); clock.advance()) {
    steps += clock.optimizer_steps() ? 1 : 0;
  }
  EXPECT_EQ(steps, 2);
}

TEST(TrainingClock, RefusesEpochsWithoutBatches) {
  EXPECT_THROW(TrainingClock(CosineSchedule::of({.epochs = 1, .lr = 1.0}), 0, 1), Error);
  EXPECT_THROW(CosineSchedule::of({.epochs = -1}), Error);
}

}  // namespace
}  // namespace vifi::train
