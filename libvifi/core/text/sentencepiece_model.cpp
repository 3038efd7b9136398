#include "text/sentencepiece_model.h"

#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <new>

#include <fmt/format.h>
#include <sentencepiece_processor.h>

#include "text/charsmap_check.h"
#include "text/utf8.h"
#include "vifi/error.h"
#include "vifi/tokenizer.h"

namespace vifi {

bool has_sentencepiece() noexcept { return true; }

namespace text {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kLargestFile = 256 << 20;  // Gemma's, with 256,000 pieces, has 4 MB

[[noreturn]] void refuse(const std::string& path, const std::string& what) {
  throw Error(ErrorCode::corrupt, "[tokenizer] " + path + " is no SentencePiece model: " + what,
              "copy or download the file again (spiece.model, tokenizer.model)");
}

std::string content_of(const std::string& path) {
  std::error_code ignored;
  if (!fs::exists(path, ignored)) {
    throw Error(ErrorCode::not_found, "[tokenizer] " + path + " does not exist", "check the path");
  }
  std::ifstream stream;
  if (fs::is_regular_file(path, ignored)) {
    stream.open(path, std::ios::binary);
  }
  if (!stream.is_open()) {
    throw Error(ErrorCode::unreadable, "[tokenizer] " + path + " cannot be read", "check that it is a readable file");
  }
  if (fs::file_size(path, ignored) > kLargestFile) {
    refuse(path, fmt::format("more than {} bytes", kLargestFile));
  }
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// @return what is wrong with the model; empty: it is loaded
std::string load(sentencepiece::SentencePieceProcessor& processor, const std::string& model) {
  try {
    const auto status = processor.LoadFromSerializedProto(model);
    return status.ok() ? std::string() : status.ToString();
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {  // its trie throws, where the status would be expected to tell
    return error.what();
  }
}

std::optional<std::int64_t> present(int id) {
  return id < 0 ? std::nullopt : std::optional<std::int64_t>(id);
}

}  // namespace

SentencePieceModel::SentencePieceModel(const std::string& path)
    : processor_(std::make_unique<sentencepiece::SentencePieceProcessor>()) {
  const std::string content = content_of(path);
  if (const std::string fault = charsmap_fault(content); !fault.empty()) {  // the library follows it without a look
    refuse(path, fault);
  }
  if (const std::string fault = load(*processor_, content); !fault.empty()) {
    refuse(path, fault);
  }
}

SentencePieceModel::~SentencePieceModel() = default;

std::vector<std::int64_t> SentencePieceModel::encode(std::string_view text) const {
  if (const auto offset = first_invalid_utf8(text)) {
    throw Error(ErrorCode::invalid_argument, fmt::format("[text] {} is not UTF-8 at byte {}", in_quotes(text), *offset),
                "convert the text to UTF-8");
  }
  std::vector<int> ids;
  if (const auto status = processor_->Encode(text, &ids); !status.ok()) {
    throw Error(ErrorCode::internal, "[tokenize] " + in_quotes(text) + ": " + status.ToString());
  }
  return {ids.begin(), ids.end()};
}

std::optional<std::int64_t> SentencePieceModel::start_id() const { return present(processor_->bos_id()); }
std::optional<std::int64_t> SentencePieceModel::end_id() const { return present(processor_->eos_id()); }
std::optional<std::int64_t> SentencePieceModel::pad_id() const { return present(processor_->pad_id()); }

}  // namespace text
}  // namespace vifi
