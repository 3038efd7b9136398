#pragma once

#include <string>
#include <vector>

#include "weights/checkpoint.h"

namespace vifi {

/// Names of the tensors that hold NaN or Inf, sorted.
std::vector<std::string> non_finite_tensors(const TensorMap& tensors);

}  // namespace vifi
