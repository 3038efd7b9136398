#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "vifi/export.h"
#include "vifi/preprocess.h"
#include "vifi/tokenizer.h"

namespace vifi {

/// The content of a `vifi.json` (docs/bundle.md). What the file leaves out stays empty.
struct Bundle {
  std::string folder;                      ///< absolute
  std::string method;
  std::string weights;                     ///< absolute path
  std::string base_weights;                ///< absolute path; empty: none
  std::string tokenizer_kind = "clip-bpe";
  std::string tokenizer_file;              ///< absolute path; empty: built in
  std::optional<TextCleaning> tokenizer_cleaning;  ///< of "sentencepiece"
  std::optional<std::int64_t> tokenizer_pad_id;    ///< of "sentencepiece"
  std::optional<PreprocessSpec> preprocess;
  std::optional<std::string> activation;   ///< "quick_gelu", "gelu", "gelu_tanh"
  std::vector<std::string> templates;
  std::optional<int> frames;
  std::optional<std::int64_t> window_ns;
  std::optional<std::int64_t> hop_ns;
  std::optional<double> temperature;
  std::vector<std::string> labels;
  std::vector<std::string> background_labels;
  std::string weights_sha256;              ///< of provenance; empty: not stated
};

/// Is this path meant as a bundle (a folder with vifi.json, or a .json file)?
VIFI_API bool is_bundle(const std::string& path);

/// Unknown keys are logged as a warning; paths that leave the folder are refused.
/// @throws Error(not_found, unreadable, corrupt, unsupported)
VIFI_API Bundle read_bundle(const std::string& path);

/// What the key "preprocess" of such a file holds, with every key of it: one JSON object, without a line end.
VIFI_API std::string to_json(const PreprocessSpec& spec);

/// Compares the weights with the checksum the bundle states, if it states one. Called when weights are loaded.
/// Above 256 MB only on processors with SHA instructions, where it takes less time than reading from a disk.
/// @throws Error(corrupt) on a difference, Error(unreadable)
VIFI_API void verify_weights(const Bundle& bundle);

}  // namespace vifi
