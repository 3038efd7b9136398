#pragma once

#include <string>
#include <vector>

#include "vifi/export.h"
#include "weights/clip_weights.h"

namespace vifi::train {

/// What a bundle says beside its weights.
struct ClipBundleFacts {
  std::vector<std::string> labels;  ///< shown where the caller names none; may be empty
  int frames = 16;
  std::int64_t window_ns = 4'000'000'000;
  std::int64_t hop_ns = 1'000'000'000;
  std::string trained_on;  ///< one sentence
};

/// Writes `vifi.json` and `model.safetensors` (OpenAI's names, float32): a model that every command reads. Frames are
/// resized bilinearly with antialias, and normalised by CLIP's statistics. The folder stands whole or not at all.
/// @param folder  does not exist
/// @throws Error
VIFI_API void write_clip_bundle(const std::string& folder, const ClipWeights& weights, const ClipBundleFacts& facts);

}  // namespace vifi::train
