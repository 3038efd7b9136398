#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

#include "vifi/export.h"

namespace vifi::train {

/// Rows of targets: `smoothing / C` everywhere, 1 - smoothing more at the label.
/// @param labels  [B], int64
/// @return        [B, C], float32
/// @throws Error(invalid_argument) for a label outside the classes
VIFI_API at::Tensor smoothed_targets(const at::Tensor& labels, std::int64_t classes, double smoothing);

/// Mean over the batch of -sum(t * log_softmax). All losses of the reference are this one with other targets: mixed
/// ones, smoothed ones (label smoothing), and smoothed by 0 (cross-entropy).
/// @param logits   [B, C]
/// @param targets  [B, C]
/// @return         [], float32
VIFI_API at::Tensor soft_target_loss(const at::Tensor& logits, const at::Tensor& targets);

}  // namespace vifi::train
