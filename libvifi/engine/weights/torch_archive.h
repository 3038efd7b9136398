#pragma once

#include <memory>
#include <string>

#include "export.h"
#include "weights/checkpoint.h"
#include "weights/mapped_file.h"
#include "weights/torch_value.h"

namespace vifi {

/// Tensors of an archive of torch.save or of a TorchScript module: views of the mapping, named by the keys of the
/// dict that holds them, or by the path of attributes. No code of the archive is run.
/// @throws WeightsError(truncated, corrupt, forbidden_pickle, unsupported)
Checkpoint read_torch_archive(const std::shared_ptr<const MappedFile>& file);

/// Everything that an archive of torch.save holds, e.g. to go on with a training: tensors are views of the mapping,
/// sets become lists. An instance of a class that is no part of a checkpoint (a yacs CfgNode) becomes the dict that
/// it is filled with, or None.
/// @throws WeightsError as above; Error(unreadable)
VIFI_ENGINE_API TorchValue read_torch_value(const std::string& path);

}  // namespace vifi
