#pragma once

#include "methods/method.h"

namespace vifi {

/// PE-Core (Bolya et al. 2025, Perception Encoder) as frame and text encoder of ViFi-CLIP's recipe: image tower with
/// rotary positions and attention pooling, CLIP's text tower and vocabulary.
MethodEntry pe_core_entry();

}  // namespace vifi
