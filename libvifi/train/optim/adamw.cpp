#include "optim/adamw.h"

#include <string>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include "vifi/error.h"

namespace vifi::train {

AdamW::AdamW(std::span<const Parameter> parameters, const TrainingRecipe& recipe)
    : parameters_(parameters.begin(), parameters.end()),
      groups_(recipe.groups),
      beta1_(recipe.beta1),
      beta2_(recipe.beta2),
      eps_(recipe.eps),
      weight_decay_(recipe.weight_decay),
      states_(parameters.size()) {}

void AdamW::step(double lr) {
  const at::NoGradGuard no_graph;
  for (std::size_t group = 0; group < groups_.size(); ++group) {
    std::vector<at::Tensor> values, gradients, averages, squares, steps;
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      const at::Tensor& value = parameters_[i].value;
      if (parameters_[i].group != group || !value.requires_grad() || !value.grad().defined()) {
        continue;
      }
      State& state = states_[i];
      if (!state.step.defined()) {
        state = {at::zeros({}, value.options()), at::zeros_like(value), at::zeros_like(value)};
      }
      state.step += 1;  // the kernel reads it, and leaves it
      values.push_back(value);
      gradients.push_back(value.grad());
      averages.push_back(state.exp_avg);
      squares.push_back(state.exp_avg_sq);
      steps.push_back(state.step);
    }
    if (!values.empty()) {
      at::_fused_adamw_(values, gradients, averages, squares, /*max_exp_avg_sqs=*/{}, steps,
                        lr * groups_[group].lr_factor, beta1_, beta2_,
                        weight_decay_ * groups_[group].weight_decay_factor, eps_, /*amsgrad=*/false,
                        /*maximize=*/false);
    }
  }
}

void AdamW::clear_gradients() {
  for (const Parameter& parameter : parameters_) {
    at::Tensor(parameter.value).mutable_grad().reset();
  }
}

void AdamW::set_states(std::vector<State> states) {
  if (states.size() != parameters_.size()) {
    throw Error(ErrorCode::corrupt, "[resume] optimizer: expected states of " + std::to_string(parameters_.size()) +
                                        " parameters, got " + std::to_string(states.size()));
  }
  for (std::size_t i = 0; i < states.size(); ++i) {
    const State& state = states[i];
    const bool none = !state.step.defined();
    if (!none && (state.step.numel() != 1 || state.exp_avg.sizes() != parameters_[i].value.sizes() ||
                  state.exp_avg_sq.sizes() != parameters_[i].value.sizes())) {
      throw Error(ErrorCode::corrupt, "[resume] optimizer: the moments of " + parameters_[i].name + " have another shape",
                  "the checkpoint is of another architecture");
    }
  }
  states_ = std::move(states);
  for (std::size_t i = 0; i < states_.size(); ++i) {
    for (at::Tensor* tensor : {&states_[i].step, &states_[i].exp_avg, &states_[i].exp_avg_sq}) {
      *tensor = tensor->defined() ? tensor->to(parameters_[i].value.device()) : at::Tensor();
    }
  }
}

}  // namespace vifi::train
