#include "methods/vifi_clip/prompt_text.h"

#include <gtest/gtest.h>

#include "vifi/error.h"

namespace vifi {
namespace {

std::string own_prompt(const PromptRule& rule, const std::string& name) {
  return prompt_of(rule, rule.templates.front(), name);
}

TEST(ViFiClipPrompts, AFineTunedModelReadsAPhotoOfTheNameAsItIs) {
  EXPECT_EQ(own_prompt(vifi_clip_prompts(PromptMode::fine_tuned), "brush_hair"), "a photo of a brush_hair.");
}

TEST(ViFiClipPrompts, TheBaselineReadsTheBareName) {
  EXPECT_EQ(own_prompt(vifi_clip_prompts(PromptMode::zero_shot), "brush_hair"), "brush_hair");
}

TEST(ViFiClipPrompts, FewLearnedVectorsReplaceTheFirstWords) {
  const PromptRule rule = vifi_clip_prompts(PromptMode::learned, "a_photo_of_a", 2);
  EXPECT_EQ(rule.context, "a photo");
  EXPECT_EQ(own_prompt(rule, "brush_hair"), "a photo of a brush hair.");
}

TEST(ViFiClipPrompts, ManyLearnedVectorsReplaceStandIns) {
  const PromptRule rule = vifi_clip_prompts(PromptMode::learned, "a photo of a", 5);
  EXPECT_EQ(own_prompt(rule, "clap"), "X X X X X clap.");
}

TEST(ViFiClipPrompts, ATemplateMayNotLoseTheWordsThatAreReplaced) {
  const PromptRule rule = vifi_clip_prompts(PromptMode::learned, "a photo of a", 4);
  EXPECT_EQ(prompt_of(rule, "a photo of a {}, in colour.", "clap"), "a photo of a clap, in colour.");
  EXPECT_EQ(prompt_of(rule, "{}", "a photo of a clap."), "a photo of a clap.");
  EXPECT_THROW(prompt_of(rule, "a video of a {}.", "clap"), Error);
  EXPECT_THROW(prompt_of(rule, "a photo of {}.", "abcd"), Error);
}

}  // namespace
}  // namespace vifi
