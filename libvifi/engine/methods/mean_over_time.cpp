#include "methods/mean_over_time.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/mean.h>

#include "clip/tensors.h"

namespace vifi {

at::Tensor mean_over_time(const at::Tensor& states) { return states.mean(1); }

at::Tensor MeanOverTime::pool(const at::Tensor& states) { return l2_normalised(mean_over_time(states)); }

at::Tensor MeanOverTime::logits(const at::Tensor& states, const at::Tensor& text) {
  return info().logit_scale * pool(states).matmul(text.t()) + info().logit_bias;  // [B, K]
}

}  // namespace vifi
