#pragma once

#include <cstdint>

#include "weights/clip_config.h"
#include "weights/pooled_config.h"

namespace vifi {

/// Multiply-accumulates, counted from the architecture: convolution, linear layers and both attention products; norms,
/// activations and biases are free. One image: 17.56 G for ViT-B/16.
/// @param prompts  learned tokens beside the patches
double macs_per_frame(const ClipConfig& config, std::int64_t prompts = 0);

/// The same for a tower that is read by attention pooling.
double macs_per_frame(const PooledTowerConfig& config);

/// The same for one text of the full context length: 2.98 G for the text tower of ViT-B/16.
double macs_per_prompt(const ClipConfig& config);

/// The blocks of one tower on `tokens` positions.
double block_macs(const TowerConfig& config, std::int64_t tokens);

}  // namespace vifi
