#include "train_access.h"

#include <utility>

#include "cpu/choose_kernels.h"
#include "model_source.h"
#include "prompt_features.h"
#include "vifi/tokenizer.h"

namespace vifi {

StartingPoint read_starting_point(const std::string& path) {
  ModelSource source = read_source(path);
  return {.method = source.bundle ? source.bundle->method : std::string(), .source = std::move(source.method)};
}

std::vector<float> label_set_features(Method& method, const LabelSet& labels) {
  labels.validate();
  PromptFeatures features(method, clip_tokenizer());
  return features.of(labels, labels.templates.empty() ? method.info().prompts.templates : labels.templates, {});
}

void choose_float32_products() { use_onednn_for_float32(); }

void keep_float32_products() { keep_float32_exact(); }

}  // namespace vifi
