#pragma once

#include "vifi/preprocess.h"
#include "weights/checkpoint.h"

namespace vifi {

/// Preparation as "preprocess_cfg" of an open_clip_config.json tells it; what it leaves out, or where there is no such
/// file, `fallback`'s. open_clip resizes with Pillow.
/// @param fallback  its `size` is kept
/// @throws WeightsError(corrupt, unsupported)
PreprocessSpec open_clip_preparation(const Checkpoint& checkpoint, const PreprocessSpec& fallback);

/// Both sides to `size` with Pillow, whatever the aspect; colours from -1 to 1.
PreprocessSpec squashed(int size, Interpolation interpolation);

}  // namespace vifi
