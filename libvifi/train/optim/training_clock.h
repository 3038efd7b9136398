#pragma once

#include <cstdint>

#include "vifi/export.h"
#include "optim/cosine_schedule.h"

namespace vifi::train {

/// Walks through a training's micro-steps and says when the optimizer steps, and at which rate. The reference's order:
/// the optimizer steps on every A-th micro-step of an epoch, and only then takes the rate of that micro-step, so the
/// rate lags by one step; micro-steps that an epoch's end leaves over never lead to a step.
/// A plain value; copy it to save it.
class VIFI_API TrainingClock {
 public:
  /// @throws Error(invalid_argument) unless steps_per_epoch and accumulation are positive
  TrainingClock(const CosineSchedule& schedule, std::int64_t steps_per_epoch, std::int64_t accumulation);

  /// Goes to the beginning of an epoch, from 0. The rate in force stays.
  void begin_epoch(std::int64_t epoch);
  /// Goes to a micro-step inside the current epoch.
  void go_to(std::int64_t step_in_epoch) { step_ = step_in_epoch; }

  std::int64_t epoch() const noexcept { return epoch_; }
  std::int64_t step_in_epoch() const noexcept { return step_; }
  std::int64_t steps_per_epoch() const noexcept { return steps_per_epoch_; }
  std::int64_t accumulation() const noexcept { return accumulation_; }
  bool epoch_done() const noexcept { return step_ >= steps_per_epoch_; }
  const CosineSchedule& schedule() const noexcept { return schedule_; }

  /// The learning rate in force at the current micro-step.
  double lr() const noexcept { return lr_; }
  /// Sets the rate in force: that of a checkpoint.
  void set_lr(double lr) noexcept { lr_ = lr; }
  /// Does the optimizer step at the end of the current micro-step?
  bool optimizer_steps() const noexcept { return (step_ + 1) % accumulation_ == 0; }

  /// The current micro-step is over (and the optimizer has stepped, if it was due).
  void advance();

 private:
  CosineSchedule schedule_;
  std::int64_t steps_per_epoch_;
  std::int64_t accumulation_;
  std::int64_t epoch_ = 0;
  std::int64_t step_ = 0;
  double lr_;
};

}  // namespace vifi::train
