#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "weights/checkpoint.h"

namespace vifi {

/// Whose names a CLIP's tensors have.
enum class Layout {
  openai,       ///< the canonical names; open_clip's CLIP class has them too
  custom_text,  ///< open_clip's CustomTextCLIP: the text tower under `text.`
  hugging_face, ///< CLIPModel of transformers
  vifi_clip,    ///< the authors' ViFi-CLIP: image_encoder, text_encoder
};

/// How a canonical tensor is made from stored ones.
struct Source {
  enum class How {
    as_is,
    transposed,
    stacked,    ///< along the first dimension: q, k, v
    unwrapped,  ///< without the leading dimensions of size 1
  };
  std::vector<std::string> names;
  How how = How::as_is;
  std::vector<std::int64_t> shares{};  ///< of `stacked`: each part's share of the rows; empty: equal ones
};

/// The stored tensors that make up a canonical one. The authors' ViFi-CLIP files lack `token_embedding.weight`, which
/// has this name in such files of our own.
Source source_of(Layout layout, const std::string& canonical);

/// The canonical name of a stored tensor of learned prompts; empty: it is none.
std::string prompt_name(Layout layout, const std::string& stored);

/// Takes prefixes that wrappers put before every name ("module.") away.
TensorMap without_wrapper_prefixes(const TensorMap& tensors);

/// @throws WeightsError(unsupported) with a sentence that says what the file is instead
Layout detect_layout(const Checkpoint& checkpoint, const TensorMap& tensors);

}  // namespace vifi
