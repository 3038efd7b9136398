#pragma once

#include <string_view>

#include "export.h"
#include "weights/clip_weights.h"

namespace vifi {

/// A published architecture by its name: ViT-B/32, ViT-B/16, ViT-L/14.
/// @throws Error(invalid_argument) naming them
VIFI_ENGINE_API ClipConfig published_config(std::string_view architecture);

enum class Towers { vision, both };

/// Weights of the right shapes with values of a trained model's size; the same in every run. They know nothing.
VIFI_ENGINE_API ClipWeights random_clip_weights(const ClipConfig& config, Towers towers);

}  // namespace vifi
