#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "export.h"
#include "methods/prompt_rule.h"

namespace vifi {

/// Whose sentences: ViFi-CLIP writes names in three ways.
enum class PromptMode {
  fine_tuned,  ///< "a photo of a brush_hair."
  zero_shot,   ///< "brush_hair": CLIP as it is, in the paper's comparison
  learned,     ///< "a photo of a brush hair." or "X X X X X brush hair.", whose first words are replaced by vectors
};

/// @param context_words   "a photo of a"; underscores are spaces
/// @param context_tokens  n, learned vectors of the text; for PromptMode::learned
VIFI_ENGINE_API PromptRule vifi_clip_prompts(PromptMode mode, std::string_view context_words = "a photo of a",
                                             std::int64_t context_tokens = 0);

}  // namespace vifi
