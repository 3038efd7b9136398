#pragma once

#include <memory>
#include <vector>

#include "clip/blocks.h"

namespace vifi {

/// The fast form on the CPU: weights in oneDNN's order, QuickGELU folded into the weights around it (it becomes silu,
/// which the product applies by itself), attention as product, softmax, product with one reused buffer of scores, and
/// of the last block only the rows that are read.
std::unique_ptr<Blocks> packed_blocks(const std::vector<BlockWeights>& weights, const TowerConfig& config, Mask mask,
                                      at::ScalarType dtype);

}  // namespace vifi
