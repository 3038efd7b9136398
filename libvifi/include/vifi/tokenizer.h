#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
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

/// How a text is reduced to lower-case words without ASCII punctuation before a SentencePiece model reads it.
enum class TextCleaning {
  open_clip,     ///< mended and entities resolved first; `_` becomes a blank
  hugging_face,  ///< `_` vanishes like other punctuation
};

struct SentencePieceOptions {
  std::string file;                       ///< the model: spiece.model, tokenizer.model
  TextCleaning cleaning = TextCleaning::open_clip;
  std::optional<std::int64_t> pad_id = {};  ///< absent: the end token where the vocabulary has no start token (T5's),
                                            ///< else its own padding
};

/// A SentencePiece tokenizer: an end token behind the text, no start token, then padding. What a text tower of this kind
/// reads depends on the padding, too: give the model's whole context length.
/// @throws Error(not_found, unreadable, corrupt); Error(unsupported) where `has_sentencepiece()` is false
VIFI_API std::shared_ptr<const Tokenizer> sentencepiece_tokenizer(const SentencePieceOptions& options);

/// Was the library built with SentencePiece?
VIFI_API bool has_sentencepiece() noexcept;

/// The SentencePiece model that belongs to a bundle (which names it) or to a checkpoint or folder of weights (beside or
/// in which `spiece.model` or `tokenizer.model` lies). A path that ends in `.model` is one itself.
/// @return  nothing: there is none, so the tokenizer is CLIP's
/// @throws Error, as `read_bundle`
VIFI_API std::optional<SentencePieceOptions> find_sentencepiece(const std::string& model);

/// CLIP's byte-pair tokenizer with the vocabulary that is compiled in; made once per process.
VIFI_API std::shared_ptr<const Tokenizer> clip_tokenizer();

}  // namespace vifi
