#include "optim/loss_scaler.h"

#include <vector>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_amp_foreach_non_finite_check_and_unscale.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>

#include "vifi/error.h"

namespace vifi::train {

bool LossScaler::unscale(std::span<const Parameter> parameters) {
  const at::NoGradGuard no_graph;
  std::vector<at::Tensor> gradients;
  for (const Parameter& parameter : parameters) {
    if (parameter.value.grad().defined()) {
      gradients.push_back(parameter.value.grad());
    }
  }
  if (gradients.empty()) {
    return true;
  }
  at::Tensor overflow = at::zeros({1}, gradients.front().options());
  at::_amp_foreach_non_finite_check_and_unscale_(gradients, overflow,
                                                 at::full({1}, 1 / state_.scale, gradients.front().options()));
  if (overflow.item<float>() == 0) {
    if (++state_.good_steps == kInterval) {
      state_ = {.scale = state_.scale * kGrowth};
    }
    return true;
  }
  if (state_.scale <= 1) {
    throw Error(ErrorCode::internal, "[train] gradients are not finite, whatever the loss is scaled by",
                "the training diverged, or needs more range than fp16 has: lower TRAIN.LR, or take --precision bf16");
  }
  state_ = {.scale = state_.scale * kBackoff};
  return false;
}

}  // namespace vifi::train
