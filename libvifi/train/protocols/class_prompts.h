#pragma once

#include <ATen/core/Tensor.h>

#include "methods/training.h"
#include "vifi/export.h"
#include "vifi/labels.h"

namespace vifi::train {

/// The tokens of one prompt for each class, by the recipe's first template.
/// @return [K, L], int64, L the context length
/// @throws TextTooLong; Error(invalid_argument)
VIFI_API at::Tensor prompt_ids(const TrainingRecipe& recipe, const LabelSet& labels);

}  // namespace vifi::train
