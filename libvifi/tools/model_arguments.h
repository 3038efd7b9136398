#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "vifi/labels.h"
#include "vifi/model.h"

namespace vifi::tools {

/// --model, --device, --precision, --threads
class ModelArguments {
 public:
  void add_to(CLI::App& command);
  ModelOptions options() const;

 private:
  std::string path_;
  std::string device_ = "auto";
  std::string precision_ = "auto";
  int threads_ = -1;
};

/// --labels, --label-file, --background-labels, --prompt-template
class LabelArguments {
 public:
  void add_to(CLI::App& command);

  /// As far as it can be told without a model. @throws Error
  void check() const;
  /// What was asked for; the model's own set where nothing was.
  /// @throws Error(invalid_argument) where neither has labels; what reading a label file throws
  LabelSet set_for(const ModelInfo& model) const;

 private:
  LabelSet complete(const LabelSet& of_model) const;

  std::string labels_;
  std::string label_file_;
  std::string backgrounds_;
  std::vector<std::string> templates_;
};

}  // namespace vifi::tools
