#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "export.h"

namespace vifi {

/// How a method makes a sentence of a label's name.
struct PromptRule {
  std::vector<std::string> templates{};  ///< the method's own, with `{}` for the name
  std::string context{};                 ///< what every sentence must begin with, since the model puts learned
                                         ///< vectors in its place; empty: sentences are free
  bool underscores_are_spaces = false;   ///< in names
};

/// The sentence for one name. @throws Error(invalid_argument) for a sentence that lacks the rule's context
VIFI_ENGINE_API std::string prompt_of(const PromptRule& rule, std::string_view prompt_template, std::string_view name);

}  // namespace vifi
