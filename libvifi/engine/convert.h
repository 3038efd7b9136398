#pragma once

#include "vifi/engine.h"

namespace vifi {

/// See Engine::convert. @throws Error
ConvertReport convert_weights(const ConvertOptions& options);

}  // namespace vifi
