#pragma once

#include <span>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "export.h"
#include "weights/clip_weights.h"
#include "weights/layout.h"
#include "weights/safetensors_writer.h"

namespace vifi {

/// A CLIP's tensors under the names of a layout, in the order of its program; prompts too where the layout has them.
/// The authors' ViFi-CLIP layout gets the token embedding as its last tensor.
/// @throws Error(unsupported) where prompts have no place in the layout
VIFI_ENGINE_API NamedTensors named_tensors(const ClipWeights& weights, Layout layout);

/// The canonical names of a ViFi-CLIP's parameters in the order of the authors' program, which their optimizers count:
/// without the token embedding.
VIFI_ENGINE_API std::vector<std::string> vifi_clip_parameters(const ClipWeights& weights);

/// The inverse of `prompt_name`.
VIFI_ENGINE_API std::string stored_prompt_name(const std::string& canonical);

/// `config.json` of a CLIPModel. @throws Error(unsupported) for images that are not square
nlohmann::ordered_json hugging_face_config(const ClipConfig& config);
/// `model_cfg` of open_clip_config.json. @throws Error(unsupported) where the towers' activations need two models
nlohmann::ordered_json open_clip_config(const ClipConfig& config);

/// The mean of every tensor over the models, learned prompts too, in float32 (summed in float64): averaging the epochs
/// of a training, as Open-VCLIP's average_checkpoint (weight_average_tool.py) does. All else is of the first.
/// @param models  at least one. @throws Error(invalid_argument) where another has other tensors or sizes
VIFI_ENGINE_API ClipWeights averaged(std::span<const ClipWeights> models);

/// r * clip + (1 - r) * fine_tuned in float32 for every tensor that both have, the logit scale too (Weng et al.,
/// Open-VCLIP, ICML 2023, section 3.3); the token embedding is `clip`'s. Everything else is of `fine_tuned`.
/// @throws Error(unsupported) for learned prompts, Error(invalid_argument) for other sizes or r outside 0..1
VIFI_ENGINE_API ClipWeights interpolated(const ClipWeights& fine_tuned, const ClipWeights& clip, double r);

}  // namespace vifi
