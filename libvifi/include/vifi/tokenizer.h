#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "vifi/error.h"
#include "vifi/export.h"

namespace vifi {

/// Token ids of several texts, each padded to the same length.
struct TokenBatch {
  int length = 0;                 ///< L, tokens per row
  std::vector<std::int64_t> ids;  ///< [N, L]
  std::vector<int> used;          ///< [N], tokens up to and including the first end token
};

/// A text does not fit the context length. Its code is invalid_argument.
class VIFI_API TextTooLong : public Error {
 public:
  TextTooLong(std::size_t index, const std::string& quoted_text, std::size_t tokens, std::size_t limit);
  ~TextTooLong() override;

  std::size_t index() const noexcept { return index_; }  ///< of the text in its batch, from 0

 private:
  std::size_t index_;
};

/// Texts to token ids. Immutable after construction: any number of threads.
class VIFI_API Tokenizer {
 public:
  virtual ~Tokenizer();

  /// @param context_length  L, with start and end tokens
  /// @param truncate        cut longer texts (their last id becomes the end token) instead of refusing them
  /// @throws TextTooLong naming the text; Error(invalid_argument) if a text is not UTF-8
  virtual TokenBatch encode(const std::vector<std::string>& texts, int context_length, bool truncate) const = 0;
};

/// CLIP's byte-pair tokenizer with the vocabulary that is compiled in; made once per process.
VIFI_API std::shared_ptr<const Tokenizer> clip_tokenizer();

}  // namespace vifi
