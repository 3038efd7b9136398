#include <algorithm>

#include <fmt/format.h>

#include "text/plain_words.h"
#include "text/sentencepiece_model.h"
#include "text/utf8.h"
#include "vifi/tokenizer.h"

namespace vifi {
namespace {

constexpr int kLongestContext = 1 << 16;

class SentencePieceTokenizer final : public Tokenizer {
 public:
  explicit SentencePieceTokenizer(const SentencePieceOptions& options)
      : model_(options.file), cleaning_(options.cleaning) {
    const auto end = model_.end_id();
    if (!end) {
      throw Error(ErrorCode::unsupported, "[tokenizer] " + options.file + " has no end token",
                  "a text tower that was trained on SentencePiece ids needs the model it was trained with");
    }
    end_ = *end;
    // T5's vocabulary, which has no start token, is padded with the end token in use; Gemma's with its own.
    pad_ = options.pad_id.value_or(model_.start_id() ? model_.pad_id().value_or(end_) : end_);
  }

  TokenBatch encode(const std::vector<std::string>& texts, int context_length, bool truncate) const override {
    if (context_length < 1 || context_length > kLongestContext) {
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("[tokenize] context length {}, expected 1 to {}", context_length, kLongestContext),
                  "published models take 64");
    }
    const auto length = static_cast<std::size_t>(context_length);
    TokenBatch batch;
    batch.length = context_length;
    batch.ids.reserve(texts.size() * length);
    for (std::size_t i = 0; i < texts.size(); ++i) {
      std::vector<std::int64_t> row = pieces_of(texts[i]);
      if (row.size() > length - 1) {
        if (!truncate) {
          throw TextTooLong(i, text::in_quotes(texts[i]), row.size(), length - 1);
        }
        row.resize(length - 1);
      }
      row.push_back(end_);
      batch.used.push_back(static_cast<int>(std::find(row.begin(), row.end(), end_) - row.begin()) + 1);
      row.resize(length, pad_);
      batch.ids.insert(batch.ids.end(), row.begin(), row.end());
    }
    return batch;
  }

 private:
  std::vector<std::int64_t> pieces_of(const std::string& text) const {
    return model_.encode(text::to_utf8(text::plain_words(text::to_code_points(text), cleaning_)));
  }

  text::SentencePieceModel model_;
  TextCleaning cleaning_;
  std::int64_t end_ = 0;
  std::int64_t pad_ = 0;
};

}  // namespace

std::shared_ptr<const Tokenizer> sentencepiece_tokenizer(const SentencePieceOptions& options) {
  return std::make_shared<SentencePieceTokenizer>(options);
}

}  // namespace vifi
