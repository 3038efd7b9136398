#include <filesystem>

#include "vifi/bundle.h"
#include "vifi/tokenizer.h"

namespace vifi {
namespace {

namespace fs = std::filesystem;

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

fs::path folder_of(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored) ? path : path.parent_path();
}

/// Folders as transformers publishes them have a config.json of its own form beside the weights; whoever trained with
/// open_clip cleaned texts in its way.
TextCleaning cleaning_of(const fs::path& weights) {
  const fs::path folder = folder_of(weights);
  const bool hugging_face = is_there(folder / "config.json") && !is_there(folder / "open_clip_config.json");
  return hugging_face ? TextCleaning::hugging_face : TextCleaning::open_clip;
}

std::optional<SentencePieceOptions> named_by(const Bundle& bundle) {
  if (bundle.tokenizer_kind != "sentencepiece") {
    return std::nullopt;
  }
  return SentencePieceOptions{
      .file = bundle.tokenizer_file,
      .cleaning = bundle.tokenizer_cleaning.value_or(cleaning_of(bundle.weights)),
      .pad_id = bundle.tokenizer_pad_id,
  };
}

}  // namespace

std::optional<SentencePieceOptions> find_sentencepiece(const std::string& model) {
  if (is_bundle(model)) {
    return named_by(read_bundle(model));
  }
  if (fs::path(model).extension() == ".model") {
    return SentencePieceOptions{.file = model, .cleaning = cleaning_of(model), .pad_id = {}};
  }
  for (const char* name : {"spiece.model", "tokenizer.model"}) {  // as published
    if (const fs::path file = folder_of(model) / name; is_there(file)) {
      return SentencePieceOptions{.file = file.string(), .cleaning = cleaning_of(model), .pad_id = {}};
    }
  }
  return std::nullopt;
}

}  // namespace vifi
