#include "distributed/process_group.h"

#include <cstdint>
#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

namespace vifi::train {

PendingSum::~PendingSum() = default;
ProcessGroup::~ProcessGroup() = default;

void ProcessGroup::average_gradients(std::span<const at::Tensor> parameters) {
  const at::NoGradGuard no_graph;
  const std::int64_t count = std::ssize(parameters);
  std::int64_t total = count;
  for (const at::Tensor& parameter : parameters) {
    total += parameter.numel();
  }
  // One buffer: which gradients there are, then all of them.
  const at::Tensor all = at::zeros({total}, at::TensorOptions().dtype(at::kFloat));
  std::int64_t at = count;
  for (std::int64_t i = 0; i < count; ++i) {
    const at::Tensor& parameter = parameters[static_cast<std::size_t>(i)];
    if (parameter.grad().defined()) {
      all[i] += 1;
      all.narrow(0, at, parameter.numel()).copy_(parameter.grad().reshape({-1}));
    }
    at += parameter.numel();
  }
  sum(all);
  at = count;
  for (std::int64_t i = 0; i < count; ++i) {
    const at::Tensor& parameter = parameters[static_cast<std::size_t>(i)];
    if (all[i].item<float>() > 0) {
      const at::Tensor mean = all.narrow(0, at, parameter.numel()).view(parameter.sizes()).div(size());
      at::Tensor(parameter).mutable_grad() = mean.to(parameter.device());
    }
    at += parameter.numel();
  }
}

double ProcessGroup::mean(double value) {
  const at::Tensor total = at::full({1}, value, at::TensorOptions().dtype(at::kDouble));
  sum(total);
  return total.item<double>() / size();
}

bool ProcessGroup::any(bool value) {
  return mean(value ? 1 : 0) > 0;
}

}  // namespace vifi::train
