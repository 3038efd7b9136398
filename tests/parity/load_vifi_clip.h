#pragma once

#include <memory>

#include "methods/method.h"
#include "parity.h"

namespace vifi::parity {

/// The model of a case of golden/vifi-forward: the authors' checkpoint with its base, or the base alone, and the
/// roundings to fp16 that the case's values contain.
std::unique_ptr<Method> load_vifi_clip(const Case& golden);

}  // namespace vifi::parity
