#include "optim/cosine_schedule.h"

#include <cmath>
#include <numbers>
#include <string>

#include "vifi/error.h"

namespace vifi::train {
namespace {

constexpr double kMinLrShare = 0.01;

}  // namespace

CosineSchedule CosineSchedule::of(const ScheduleSpec& spec) {
  if (spec.epochs < 0 || spec.steps_per_epoch < 0 || spec.warmup_epochs < 0 || !std::isfinite(spec.lr) || spec.lr < 0) {
    throw Error(ErrorCode::invalid_argument,
                "[schedule] " + std::to_string(spec.epochs) + " epochs of " + std::to_string(spec.steps_per_epoch) +
                    " steps, " + std::to_string(spec.warmup_epochs) + " of warm-up, rate " + std::to_string(spec.lr) +
                    ": expected no negative number",
                "correct TRAIN.EPOCHS, TRAIN.WARMUP_EPOCHS and TRAIN.LR");
  }
  return {.lr = spec.lr,
          .min_lr = spec.lr * kMinLrShare,
          .total_steps = spec.epochs * spec.steps_per_epoch,
          .warmup_steps = spec.warmup_epochs * spec.steps_per_epoch};
}

double CosineSchedule::initial() const { return warmup_steps > 0 ? 0.0 : lr; }

double CosineSchedule::at(std::int64_t step) const {
  const auto t = static_cast<double>(step);
  if (step < warmup_steps) {
    return lr / static_cast<double>(warmup_steps) * t;
  }
  if (step >= total_steps) {
    return min_lr;
  }
  return min_lr + 0.5 * (lr - min_lr) * (1 + std::cos(std::numbers::pi * t / static_cast<double>(total_steps)));
}

}  // namespace vifi::train
