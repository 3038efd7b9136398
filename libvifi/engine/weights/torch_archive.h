#pragma once

#include <memory>

#include "weights/checkpoint.h"
#include "weights/mapped_file.h"

namespace vifi {

/// Tensors of an archive of torch.save or of a TorchScript module: views of the mapping, named by the keys of the
/// dict that holds them, or by the path of attributes. No code of the archive is run.
/// @throws WeightsError(truncated, corrupt, forbidden_pickle, unsupported)
Checkpoint read_torch_archive(const std::shared_ptr<const MappedFile>& file);

}  // namespace vifi
