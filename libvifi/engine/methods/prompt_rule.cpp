#include "methods/prompt_rule.h"

#include <algorithm>

#include "vifi/error.h"
#include "vifi/labels.h"

namespace vifi {

std::string prompt_of(const PromptRule& rule, std::string_view prompt_template, std::string_view name) {
  std::string spaced(name);
  if (rule.underscores_are_spaces) {
    std::replace(spaced.begin(), spaced.end(), '_', ' ');
  }
  std::string sentence = fill_template(prompt_template, spaced);
  if (!rule.context.empty() && !sentence.starts_with(rule.context + ' ')) {
    throw Error(ErrorCode::invalid_argument,
                "[prompt] \"" + sentence + "\": expected a sentence that begins with \"" + rule.context +
                    "\", the words that this model replaces by what it learned",
                "leave the prompt template to the model, or begin it so");
  }
  return sentence;
}

}  // namespace vifi
