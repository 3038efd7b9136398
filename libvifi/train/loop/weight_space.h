#pragma once

#include <span>
#include <string>

#include "vifi/export.h"
#include "weights/torch_value.h"

namespace vifi::train {

/// The mean of the entries "model" of several checkpoints of one training, computed in double.
/// @return the first one's dict with the mean in place of its weights
/// @throws WeightsError; Error(invalid_argument) where they do not fit each other
VIFI_API TorchDict averaged_model(std::span<const std::string> checkpoints);

}  // namespace vifi::train
