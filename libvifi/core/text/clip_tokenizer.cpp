#include <algorithm>

#include <fmt/format.h>

#include "text/clip_bpe.h"
#include "text/clip_text.h"
#include "text/embedded.h"
#include "text/utf8.h"
#include "vifi/tokenizer.h"

namespace vifi {
namespace {

constexpr std::size_t kLargestVocabulary = 1u << 20;  // bytes, unpacked
constexpr int kLongestContext = 1 << 16;              // tokens; CLIP's is 77

class ClipTokenizer final : public Tokenizer {
 public:
  ClipTokenizer() : bpe_(text::gunzip(text::embedded_bpe_merges(), kLargestVocabulary)) {}

  TokenBatch encode(const std::vector<std::string>& texts, int context_length, bool truncate) const override {
    if (context_length < 2 || context_length > kLongestContext) {
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("[tokenize] context length {}, expected 2 to {}", context_length, kLongestContext),
                  "CLIP's models take 77");
    }
    const auto length = static_cast<std::size_t>(context_length);
    TokenBatch batch;
    batch.length = context_length;
    batch.ids.reserve(texts.size() * length);
    for (std::size_t i = 0; i < texts.size(); ++i) {
      std::vector<std::int64_t> row = encode_one(texts[i]);
      if (row.size() > length) {
        if (!truncate) {
          throw TextTooLong(i, text::in_quotes(texts[i]), row.size() - 2, length - 2);
        }
        row.resize(length);
        row.back() = bpe_.end_id();
      }
      // Counted to the first end token, where CLIP's text tower reads: a text may spell one out.
      const auto end = std::find(row.begin(), row.end(), bpe_.end_id());
      batch.used.push_back(static_cast<int>(end - row.begin()) + 1);
      row.resize(length, 0);
      batch.ids.insert(batch.ids.end(), row.begin(), row.end());
    }
    return batch;
  }

 private:
  /// Start token, the text's tokens, end token.
  std::vector<std::int64_t> encode_one(const std::string& text) const {
    const std::u32string cleaned = text::clean_for_clip(text::to_code_points(text));
    std::vector<std::int64_t> row{bpe_.start_id()};
    for (const std::u32string_view piece : text::split_for_clip(cleaned)) {
      if (piece == text::kClipStart) {
        row.push_back(bpe_.start_id());
      } else if (piece == text::kClipEnd) {
        row.push_back(bpe_.end_id());
      } else {
        bpe_.append_ids(text::to_utf8(piece), row);
      }
    }
    row.push_back(bpe_.end_id());
    return row;
  }

  text::ClipBpe bpe_;
};

}  // namespace

TextTooLong::TextTooLong(std::size_t index, const std::string& quoted_text, std::size_t tokens, std::size_t limit)
    : Error(
          ErrorCode::invalid_argument,
          fmt::format("[tokenize] text {}, {}: {} tokens, expected at most {}", index + 1, quoted_text, tokens, limit),
          "shorten the label or the prompt template, or allow truncation"),
      index_(index) {}

TextTooLong::~TextTooLong() = default;

Tokenizer::~Tokenizer() = default;

std::shared_ptr<const Tokenizer> clip_tokenizer() {
  static const std::shared_ptr<const Tokenizer> tokenizer = std::make_shared<ClipTokenizer>();
  return tokenizer;
}

}  // namespace vifi
