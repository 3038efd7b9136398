#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "weights/clip_weights.h"
#include "weights/layout.h"

namespace vifi {

/// A tensor a CLIP needs, under its canonical name.
struct ExpectedTensor {
  std::string name;
  std::vector<std::int64_t> shape;
};

/// Every tensor of the architecture, in the order of the model.
std::vector<ExpectedTensor> expected_tensors(const ClipConfig& config);

/// Finds the architecture in the shapes and in the configuration file. What neither tells is taken for granted and
/// said in `assumptions`.
/// @param tensors  as stored, without wrapper prefixes
/// @throws WeightsError(missing_tensor, shape_mismatch, corrupt, unsupported)
ClipConfig find_architecture(const Checkpoint& checkpoint, const TensorMap& tensors, Layout layout,
                             const ClipOverrides& overrides, std::vector<std::string>& assumptions);

/// "[768, 512]"
std::string shape_text(std::span<const std::int64_t> shape);

}  // namespace vifi
