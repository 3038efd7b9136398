#pragma once

#include "methods/method.h"

namespace vifi {

/// SigLIP and SigLIP 2 (Zhai et al. 2023, Tschannen et al. 2025) as frame and text encoders of ViFi-CLIP's recipe: image
/// tower with attention pooling, text tower without a mask, a bias on the scaled cosine. Fixed image sizes.
MethodEntry siglip_entry();

}  // namespace vifi
