// Operations on text: strings to the ids of a SentencePiece model.

#include <algorithm>

#include "parity.h"
#include "text/sentencepiece_model.h"
#include "vifi/tokenizer.h"

namespace vifi::parity {
namespace {

Tensor ids_tensor(std::size_t rows, std::size_t columns, const std::vector<std::int64_t>& ids) {
  return make_tensor<std::int64_t>("I64", {static_cast<std::int64_t>(rows), static_cast<std::int64_t>(columns)}, ids);
}

/// The encoder alone: no preparation, rows filled up with -1.
Tensor raw_ids(const std::string& file, const std::vector<std::string>& texts) {
  const text::SentencePieceModel model(file);
  std::vector<std::vector<std::int64_t>> rows;
  std::size_t longest = 0;
  for (const std::string& text : texts) {
    rows.push_back(model.encode(text));
    longest = std::max(longest, rows.back().size());
  }
  std::vector<std::int64_t> ids;
  for (std::vector<std::int64_t>& row : rows) {
    row.resize(longest, -1);
    ids.insert(ids.end(), row.begin(), row.end());
  }
  return ids_tensor(rows.size(), longest, ids);
}

TextCleaning cleaning_of(const std::string& convention) {
  if (convention == "siglip_open_clip") {
    return TextCleaning::open_clip;
  }
  if (convention == "siglip_hf") {
    return TextCleaning::hugging_face;
  }
  throw Unsupported("convention " + convention);
}

Output sp_tokenize(const Case& golden) {
  if (!has_sentencepiece()) {
    throw Unsupported("this build has no SentencePiece");
  }
  const std::string file = golden.files.at("model").string();
  const auto texts = golden.params.at("texts").get<std::vector<std::string>>();
  const auto convention = golden.params.at("convention").get<std::string>();
  Output output;
  if (convention == "raw") {
    output.tensors["ids"] = raw_ids(file, texts);
    return output;
  }
  // End and padding are found from the vocabulary, as for a user's model; the case says what must come out.
  const SentencePieceOptions options{.file = file, .cleaning = cleaning_of(convention)};
  const TokenBatch batch =
      sentencepiece_tokenizer(options)->encode(texts, golden.params.at("context_length").get<int>(), true);
  output.tensors["ids"] = ids_tensor(texts.size(), static_cast<std::size_t>(batch.length), batch.ids);
  return output;
}

}  // namespace

void register_sentencepiece_operations() { register_operation("sp_tokenize", sp_tokenize); }

}  // namespace vifi::parity
