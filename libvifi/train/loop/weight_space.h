#pragma once

#include <span>
#include <string>

#include "vifi/export.h"
#include "weights/checkpoint.h"
#include "weights/torch_value.h"

namespace vifi::train {

/// share * CLIP + (1 - share) * fine-tuned, in float32, for every weight of the CLIP (Wortsman et al. 2022, "robust
/// fine-tuning"; Open-VCLIP). What the fine-tuned file lacks, its token embedding, stays CLIP's.
/// @param base   a CLIP, any layout
/// @param tuned  a CLIP or a checkpoint of a training
/// @return       under OpenAI's names
/// @throws WeightsError; Error(invalid_argument) for a share outside 0..1 or models of different sizes
VIFI_API TensorMap interpolated_weights(const std::string& base, const std::string& tuned, double share);

/// The mean of the entries "model" of several checkpoints of one training, computed in double.
/// @return the first one's dict with the mean in place of its weights
/// @throws WeightsError; Error(invalid_argument) where they do not fit each other
VIFI_API TorchDict averaged_model(std::span<const std::string> checkpoints);

}  // namespace vifi::train
