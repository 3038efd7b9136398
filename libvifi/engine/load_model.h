#pragma once

#include <memory>
#include <string>

#include "model_source.h"
#include "torch_model.h"
#include "vifi/engine.h"

namespace vifi {

/// From a bundle or a bare checkpoint. @throws Error (every code)
std::shared_ptr<Model> load_torch_model(const ModelOptions& options);

/// What `vifi inspect` shows: as loading it would do, with the tensors as they are stored.
ModelReport inspect_model(const std::string& path);
/// The same of what was read already.
ModelReport inspect_source(const ModelSource& source);

}  // namespace vifi
