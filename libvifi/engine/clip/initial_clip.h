#pragma once

#include <cstdint>

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include "export.h"
#include "weights/clip_weights.h"

namespace vifi {

/// Weights that a pretraining begins with: OpenAI's initialisation (CLIP's model.py, initialize_parameters; the image
/// tower's blocks as PyTorch makes a multi-head attention and a linear layer), temperature 0.07.
/// @param config     the whole architecture
/// @param generator  of the processor; the same seed gives the same weights
VIFI_ENGINE_API ClipWeights initial_clip(const ClipConfig& config, at::Generator generator);

/// First-layer filters along which the patches of some images have nearly equal variance: the principal components of
/// these patches with the largest variances, each over sqrt(variance + `smoothing`), randomly rotated among each other.
/// A small tower on few images learns much sooner from them than from noise.
/// @param images  [N, 3, S, S], normalised pixels; S a multiple of `patch`
/// @param width   number of filters, no more than 3 patch^2
/// @return        [width, 3, patch, patch], float32, for `visual.conv1.weight`
/// @throws Error(invalid_argument)
VIFI_ENGINE_API at::Tensor whitening_filters(const at::Tensor& images, std::int64_t patch, std::int64_t width,
                                             double gain, at::Generator generator, double smoothing = 0.01);

}  // namespace vifi
