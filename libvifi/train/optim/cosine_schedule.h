#pragma once

#include <cstdint>

#include "vifi/export.h"

namespace vifi::train {

/// What a learning-rate curve is made from. Steps are micro-steps: batches of the loader of one process.
struct ScheduleSpec {
  std::int64_t epochs = 0;
  std::int64_t steps_per_epoch = 0;
  std::int64_t warmup_epochs = 0;
  double lr = 0;
};

/// Linear warm-up, then a cosine that takes no notice of it (timm's CosineLRScheduler without warm-up prefix, as
/// ViFi-CLIP uses it): at the end of the warm-up the rate jumps from nearly `lr` to the cosine's value there.
struct CosineSchedule {
  double lr = 0;
  double min_lr = 0;
  std::int64_t total_steps = 0;
  std::int64_t warmup_steps = 0;

  /// @throws Error(invalid_argument) for a negative number, or a rate that is not finite
  VIFI_API static CosineSchedule of(const ScheduleSpec& spec);

  /// Before the first step: 0 where there is a warm-up.
  VIFI_API double initial() const;
  /// @param step  micro-steps since the beginning of the training
  VIFI_API double at(std::int64_t step) const;

  bool operator==(const CosineSchedule&) const = default;
};

}  // namespace vifi::train
