#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>


namespace sentencepiece {
class SentencePieceProcessor;
}

namespace vifi::text {

/// A trained SentencePiece model (Kudo and Richardson 2018). What a text becomes before it is cut into pieces (blanks,
/// normalisation, a blank put in front) stands in the model's file. Immutable: any number of threads.
class SentencePieceModel {
 public:
  /// @throws Error(not_found, unreadable, corrupt); Error(unsupported) where this build lacks SentencePiece
  explicit SentencePieceModel(const std::string& path);
  ~SentencePieceModel();

  /// The ids of a text as it is; no start and no end token is added.
  /// @throws Error(invalid_argument) if it is not UTF-8
  std::vector<std::int64_t> encode(std::string_view text) const;

  /// Ids of special tokens; nothing where the vocabulary has no such token.
  std::optional<std::int64_t> start_id() const;
  std::optional<std::int64_t> end_id() const;
  std::optional<std::int64_t> pad_id() const;

 private:
  std::unique_ptr<sentencepiece::SentencePieceProcessor> processor_;
};

}  // namespace vifi::text
