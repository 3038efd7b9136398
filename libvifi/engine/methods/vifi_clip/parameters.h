#pragma once

#include <string>
#include <vector>

#include "weights/clip_config.h"
#include "weights/clip_weights.h"

namespace vifi {

/// The canonical names of the parameters in the order of the authors' model, learned prompts included; the token
/// embedding is none.
/// @param weights  which prompts there are
std::vector<std::string> vifi_clip_parameter_order(const ClipWeights& weights);

/// The authors' name of a canonical one: "visual.proj" is "image_encoder.proj".
std::string vifi_clip_name(const std::string& canonical);

}  // namespace vifi
