#pragma once

#include <string>

#include "weights/layout.h"

namespace vifi {

/// The stored tensors of a canonical one (`visual.*`, see pooled_config.h) where open_clip took the image tower from
/// timm: `visual.trunk.*`.
Source timm_source(const std::string& canonical);

}  // namespace vifi
