#include "methods/vifi_clip/prompt_text.h"

#include <algorithm>

namespace vifi {
namespace {

/// So many vectors at most start as the context's words; more start at random, and stand-ins are written for them.
constexpr std::int64_t kMostWords = 4;

std::string stand_ins(std::int64_t count) {
  std::string text;
  for (std::int64_t i = 0; i < count; ++i) {
    text += i == 0 ? "X" : " X";
  }
  return text;
}

/// The first `count` words.
std::string first_words(const std::string& text, std::int64_t count) {
  std::size_t end = 0;
  for (std::int64_t i = 0; i < count && end != std::string::npos; ++i) {
    end = text.find(' ', end + (i == 0 ? 0 : 1));
  }
  return text.substr(0, end);
}

}  // namespace

PromptRule vifi_clip_prompts(PromptMode mode, std::string_view context_words, std::int64_t context_tokens) {
  std::string words(context_words);
  std::replace(words.begin(), words.end(), '_', ' ');
  switch (mode) {
    case PromptMode::zero_shot:
      return {.templates = {"{}"}};
    case PromptMode::fine_tuned:
      return {.templates = {words + " {}."}};
    case PromptMode::learned:
      break;
  }
  const bool as_words = context_tokens <= kMostWords;
  const std::string start = as_words ? words : stand_ins(context_tokens);
  return {.templates = {start + " {}."},
          .context = as_words ? first_words(words, context_tokens) : start,
          .underscores_are_spaces = true};
}

}  // namespace vifi
