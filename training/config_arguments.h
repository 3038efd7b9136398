#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "config/config.h"

namespace vifi::training {

/// The reference's command line: --config, --opts KEY VALUE …, and what goes into the configuration over them.
class ConfigArguments {
 public:
  void add_to(CLI::App& command);
  /// @throws train::ConfigError
  train::Config resolve() const;

 private:
  std::string file_;
  std::vector<std::string> opts_;
  train::ConfigArguments arguments_;
};

}  // namespace vifi::training
