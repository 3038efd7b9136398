#pragma once

#include "weights/pooled_weights.h"

namespace vifi {

/// Are these a SigLIP's tensors, with open_clip's or Hugging Face's names?
bool is_siglip(const Checkpoint& checkpoint);

/// @throws WeightsError
PooledWeights siglip_weights(const Checkpoint& checkpoint, const ClipOverrides& overrides);

}  // namespace vifi
