#pragma once

#include <string>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

#include "export.h"

namespace vifi {

class AtomicFile;

/// Tensors in the order in which they are stored.
using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;

/// Writes a safetensors file, row-major, types as they are; data begin at a multiple of 64 bytes.
/// @throws Error(unreadable) where the disk is full; Error(unsupported) for a type the format lacks
VIFI_ENGINE_API void write_safetensors(AtomicFile& file, const NamedTensors& tensors);

}  // namespace vifi
