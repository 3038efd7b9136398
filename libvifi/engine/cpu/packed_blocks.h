#pragma once

#include <memory>
#include <vector>

#include "clip/blocks.h"

namespace vifi {

/// The fast form on the CPU: weights in oneDNN's order, QuickGELU folded into the weights around it (it becomes silu,
/// which the product applies by itself), attention as product, softmax, product with one reused buffer of scores, and
/// of the last block only the rows that are read. The pairs that a rotation turns are laid out as two halves of a head
/// when the weights are packed, so that turning works on whole rows.
std::unique_ptr<Blocks> packed_blocks(const std::vector<BlockWeights>& weights, const TowerConfig& config, Mask mask,
                                      at::ScalarType dtype, const Rotary& rotary = {},
                                      const DeepPrompts& prompts = {});

}  // namespace vifi
