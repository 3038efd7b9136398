#pragma once

#include <span>

#include "methods/training.h"
#include "vifi/export.h"

namespace vifi::train {

/// Scales all gradients down together where their common L2 norm is above `most` (torch.nn.utils.clip_grad_norm_).
/// @return the norm before
VIFI_API double limit_gradient_norm(std::span<const Parameter> parameters, double most);

}  // namespace vifi::train
