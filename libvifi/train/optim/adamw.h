#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <ATen/core/Tensor.h>

#include "methods/training.h"
#include "vifi/export.h"

namespace vifi::train {

/// AdamW (Loshchilov and Hutter 2019) as torch.optim.AdamW computes it, by libtorch's fused kernel. Weight decay hits
/// every trained parameter by its group's factor. A parameter without gradient is passed over. One thread at a time.
class VIFI_API AdamW {
 public:
  /// Of one parameter; undefined tensors before its first step.
  struct State {
    at::Tensor step;        // [], float32
    at::Tensor exp_avg;     // as the parameter
    at::Tensor exp_avg_sq;  // as the parameter
  };

  /// @param parameters  all of the model; frozen ones keep their place and never get a state
  AdamW(std::span<const Parameter> parameters, const TrainingRecipe& recipe);

  /// Takes one step with the gradients that the parameters hold.
  void step(double lr);
  void clear_gradients();

  double weight_decay() const noexcept { return weight_decay_; }
  void set_weight_decay(double weight_decay) noexcept { weight_decay_ = weight_decay; }

  /// One for each parameter, in their order.
  const std::vector<State>& states() const noexcept { return states_; }
  /// Each goes to its parameter's device. @throws Error(corrupt) where a state does not fit its parameter
  void set_states(std::vector<State> states);

 private:
  std::vector<Parameter> parameters_;
  std::vector<ParameterGroup> groups_;
  double beta1_, beta2_, eps_, weight_decay_;
  std::vector<State> states_;
};

}  // namespace vifi::train
