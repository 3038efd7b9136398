#include "optim/training_clock.h"

#include <string>

#include "vifi/error.h"

namespace vifi::train {

TrainingClock::TrainingClock(const CosineSchedule& schedule, std::int64_t steps_per_epoch, std::int64_t accumulation)
    : schedule_(schedule), steps_per_epoch_(steps_per_epoch), accumulation_(accumulation), lr_(schedule.initial()) {
  if (steps_per_epoch < 1 || accumulation < 1) {
    throw Error(ErrorCode::invalid_argument,
                "[train] " + std::to_string(steps_per_epoch) + " batches per epoch, accumulated by " +
                    std::to_string(accumulation) + ": both must be positive",
                "there are fewer clips than one batch holds, or TRAIN.ACCUMULATION_STEPS is wrong");
  }
}

void TrainingClock::begin_epoch(std::int64_t epoch) {
  epoch_ = epoch;
  step_ = 0;
}

void TrainingClock::advance() {
  if (optimizer_steps()) {
    lr_ = schedule_.at(epoch_ * steps_per_epoch_ + step_);
  }
  ++step_;
}

}  // namespace vifi::train
