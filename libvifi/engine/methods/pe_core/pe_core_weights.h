#pragma once

#include "weights/pooled_weights.h"

namespace vifi {

/// Are these a PE-Core's tensors, with open_clip's or the authors' names?
bool is_pe_core(const Checkpoint& checkpoint);

/// @throws WeightsError
PooledWeights pe_core_weights(const Checkpoint& checkpoint, const ClipOverrides& overrides);

}  // namespace vifi
