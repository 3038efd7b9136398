#include "optim/gradient_norm.h"

#include <cmath>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

namespace vifi::train {

double limit_gradient_norm(std::span<const Parameter> parameters, double most) {
  const at::NoGradGuard no_graph;
  double squares = 0;
  for (const Parameter& parameter : parameters) {
    if (parameter.value.grad().defined()) {
      const double norm = parameter.value.grad().norm().item<double>();
      squares += norm * norm;
    }
  }
  const double norm = std::sqrt(squares);
  if (norm > most) {
    for (const Parameter& parameter : parameters) {
      if (parameter.value.grad().defined()) {
        at::Tensor(parameter.value).mutable_grad().mul_(most / norm);
      }
    }
  }
  return norm;
}

}  // namespace vifi::train
