// Stands in for sentencepiece_model.cpp where the library was not there at build time.
#include "text/sentencepiece_model.h"
#include "vifi/error.h"
#include "vifi/tokenizer.h"

namespace sentencepiece {
class SentencePieceProcessor {};
}  // namespace sentencepiece

namespace vifi {

bool has_sentencepiece() noexcept { return false; }

namespace text {

SentencePieceModel::SentencePieceModel(const std::string& path) {
  throw Error(ErrorCode::unsupported, "[tokenizer] " + path + ": this build has no SentencePiece",
              "build where libsentencepiece-dev is installed");
}

SentencePieceModel::~SentencePieceModel() = default;

std::vector<std::int64_t> SentencePieceModel::encode(std::string_view) const { return {}; }
std::optional<std::int64_t> SentencePieceModel::start_id() const { return {}; }
std::optional<std::int64_t> SentencePieceModel::end_id() const { return {}; }
std::optional<std::int64_t> SentencePieceModel::pad_id() const { return {}; }

}  // namespace text
}  // namespace vifi
