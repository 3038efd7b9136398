#pragma once

#include <memory>

#include "weights/checkpoint.h"
#include "weights/mapped_file.h"

namespace vifi {

/// Tensors of a safetensors file, as views of the mapping (copies where the file does not align them).
/// @throws WeightsError(truncated, corrupt, unsupported)
TensorMap read_safetensors(const std::shared_ptr<const MappedFile>& file);

}  // namespace vifi
