#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_object.h"
#include "weights/clip_weights.h"
#include "weights/gather.h"
#include "weights/layout.h"

namespace vifi {

/// Every tensor of the architecture, in the order of the model.
std::vector<ExpectedTensor> expected_tensors(const ClipConfig& config);

/// Those of the text tower alone.
std::vector<ExpectedTensor> expected_text_tensors(const ClipConfig& config);

/// Finds the architecture in the shapes and in the configuration file. What neither tells is taken for granted and
/// said in `assumptions`.
/// @param tensors  as stored, without wrapper prefixes
/// @throws WeightsError(missing_tensor, shape_mismatch, corrupt, unsupported)
ClipConfig find_architecture(const Checkpoint& checkpoint, const TensorMap& tensors, Layout layout,
                             const ClipOverrides& overrides, std::vector<std::string>& assumptions);

/// The tensors of a norm, and of one residual block, appended under canonical names.
void add_norm(std::vector<ExpectedTensor>& list, const std::string& name, std::int64_t width);
void add_block(std::vector<ExpectedTensor>& list, const std::string& prefix, const TowerConfig& tower);

/// A tower's settings in a transformers configuration; what it leaves out keeps `fallback`'s value.
TowerConfig hugging_face_tower(const JsonObject& section, const TowerConfig& fallback);

/// @throws WeightsError(shape_mismatch) where the width does not divide into the heads
void check_heads(const std::string& path, std::string_view tower, const TowerConfig& config);

}  // namespace vifi
