#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "methods/method.h"
#include "vifi/model.h"
#include "vifi/tokenizer.h"

namespace vifi {

/// Text features of prompts, each computed once. One thread at a time.
class PromptFeatures {
 public:
  PromptFeatures(Method& method, std::shared_ptr<const Tokenizer> tokenizer);

  /// Features of a label set: of each label the mean of its prompts' normalised features, normalised again.
  /// @param templates  with `{}` for the name, at least one
  /// @return           [L * E]
  /// @throws Error(invalid_argument) for a prompt that is longer than the context
  std::vector<float> of(const LabelSet& labels, const std::vector<std::string>& templates, const Progress& progress);

 private:
  void encode_missing(const std::vector<std::string>& prompts, const Progress& progress);

  Method& method_;
  std::shared_ptr<const Tokenizer> tokenizer_;
  std::unordered_map<std::string, std::vector<float>> features_;  // prompt -> [E], L2-normalised
};

}  // namespace vifi
