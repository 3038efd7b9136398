#pragma once

#include <cstdint>
#include <span>

#include "methods/training.h"
#include "vifi/export.h"

namespace vifi::train {

/// Keeps small gradients above what fp16 can hold, by computing them from a loss times a scale (Micikevicius et al. 2018,
/// section 3.2). The scale follows torch.amp.GradScaler: halved where a gradient overflowed, and that step is left out;
/// doubled after 2,000 steps without. One thread at a time.
class VIFI_API LossScaler {
 public:
  static constexpr double kGrowth = 2, kBackoff = 0.5;
  static constexpr std::int64_t kInterval = 2000;

  /// What a checkpoint keeps.
  struct State {
    double scale = 65536;
    std::int64_t good_steps = 0;  ///< since the scale changed
  };

  LossScaler() = default;
  explicit LossScaler(State state) : state_(state) {}

  const State& state() const noexcept { return state_; }
  /// What the loss is to be multiplied with.
  double scale() const noexcept { return state_.scale; }

  /// Divides all gradients by the scale, and decides on the next one.
  /// @return false where one is not finite: the step must be left out
  /// @throws Error(internal) where that goes on though the scale has come down to 1
  bool unscale(std::span<const Parameter> parameters);

 private:
  State state_;
};

}  // namespace vifi::train
