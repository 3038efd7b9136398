#pragma once

#include <string>

#include "export.h"
#include "weights/torch_value.h"

namespace vifi {

class AtomicFile;

/// Writes a value in the container of torch.save, which `torch.load(path, weights_only=True)` and `read_torch_value`
/// open. The file stands under its name whole or not at all, in place of an older one. Tensors of any device and
/// strides are stored row-major; ones that share memory become independent. The same value gives the same bytes.
/// @param name  of the archive's folder; torch takes the file's stem and ignores it when reading
/// @throws Error(unreadable) where the disk is full or the folder cannot be written; Error(unsupported,
///         invalid_argument) for values without a form in the container
VIFI_ENGINE_API void save_torch_archive(const std::string& path, const TorchValue& value,
                                        const std::string& name = "archive");

/// The same into a file that the caller commits.
void write_torch_archive(AtomicFile& file, const TorchValue& value, const std::string& name);

}  // namespace vifi
