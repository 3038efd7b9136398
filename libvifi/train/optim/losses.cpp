#include "optim/losses.h"

#include <string>

#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <ATen/ops/log_softmax.h>

#include "vifi/error.h"

namespace vifi::train {

at::Tensor smoothed_targets(const at::Tensor& labels, std::int64_t classes, double smoothing) {
  const auto off = static_cast<float>(smoothing / static_cast<double>(classes));
  const auto on = static_cast<float>(1.0 - smoothing + smoothing / static_cast<double>(classes));
  at::Tensor targets = at::full({labels.size(0), classes}, off, at::TensorOptions().dtype(at::kFloat));
  const at::Tensor rows = labels.contiguous();
  const auto* label = rows.const_data_ptr<std::int64_t>();
  float* values = targets.mutable_data_ptr<float>();
  for (std::int64_t i = 0; i < rows.size(0); ++i) {
    if (label[i] < 0 || label[i] >= classes) {
      throw Error(ErrorCode::invalid_argument,
                  "[train] label " + std::to_string(label[i]) + ": expected 0 to " + std::to_string(classes - 1),
                  "DATA.NUM_CLASSES or DATA.LABEL_LIST does not fit the annotation list");
    }
    values[i * classes + label[i]] = on;
  }
  return targets;
}

at::Tensor soft_target_loss(const at::Tensor& logits, const at::Tensor& targets) {
  return -(targets * at::log_softmax(logits.to(at::kFloat), 1)).sum(1).mean();
}

}  // namespace vifi::train
