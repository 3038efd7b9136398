#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "vifi/export.h"

namespace vifi {

/// Token ids of several texts, each padded to the same length.
struct TokenBatch {
  int length = 0;                     ///< L, tokens per row
  std::vector<std::int64_t> ids;      ///< [N, L]
  std::vector<int> used;              ///< [N], tokens up to and including the end token
};

/// Texts to token ids. Immutable after construction: any number of threads.
class VIFI_API Tokenizer {
 public:
  virtual ~Tokenizer();

  /// @param context_length  L, with start and end tokens
  /// @param truncate        cut longer texts (their last id becomes the end token) instead of refusing them
  /// @throws Error(invalid_argument) naming the text that is too long
  virtual TokenBatch encode(const std::vector<std::string>& texts, int context_length, bool truncate) const = 0;
};

/// CLIP's byte-pair tokenizer with the vocabulary that is compiled in; made once per process.
VIFI_API std::shared_ptr<const Tokenizer> clip_tokenizer();

}  // namespace vifi
