#include "vifi/tokenizer.h"

#include <vector>

#include "fuzz.h"

namespace {

constexpr int kLength = 77;

void tokenize(const vifi::Tokenizer& tokenizer, const std::string& text, std::int64_t vocabulary) {
  for (const bool truncate : {true, false}) {
    vifi::fuzz::taken_or_refused([&] {
      const vifi::TokenBatch batch = tokenizer.encode({text}, kLength, truncate);
      vifi::fuzz::require(batch.ids.size() == kLength && batch.used.size() == 1, "a row of another length");
      vifi::fuzz::require(batch.used[0] >= 1 && batch.used[0] <= kLength, "no end");
      for (const std::int64_t id : batch.ids) {
        vifi::fuzz::require(id >= 0 && id < vocabulary, "an id outside the vocabulary");
      }
    });
  }
}

std::vector<std::shared_ptr<const vifi::Tokenizer>> sentencepiece_tokenizers() {
  std::vector<std::shared_ptr<const vifi::Tokenizer>> tokenizers;
  if (!vifi::has_sentencepiece()) return tokenizers;
  for (const char* name : {"unigram-identity.model", "bpe-bytes.model"}) {
    for (const auto cleaning : {vifi::TextCleaning::open_clip, vifi::TextCleaning::hugging_face}) {
      const std::string file = std::string(VIFI_TEST_DATA "/golden/sentencepiece-tokens/_files/") + name;
      tokenizers.push_back(vifi::sentencepiece_tokenizer({.file = file, .cleaning = cleaning}));
    }
  }
  return tokenizers;
}

}  // namespace

/// Texts through CLIP's tokenizer and SentencePiece models, with their cleaning of text.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::int64_t kClipVocabulary = 49'408;
  constexpr std::int64_t kLargestVocabulary = 10'000;  // of the models in tests/data
  static const auto clip = vifi::clip_tokenizer();
  static const auto others = sentencepiece_tokenizers();
  const std::string text(vifi::fuzz::text_of(data, size));
  tokenize(*clip, text, kClipVocabulary);
  for (const auto& tokenizer : others) tokenize(*tokenizer, text, kLargestVocabulary);
  return 0;
}
