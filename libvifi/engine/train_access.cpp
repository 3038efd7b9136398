#include "train_access.h"

#include <utility>

#include "cpu/choose_kernels.h"
#include "device.h"
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

at::Device computing_device(const std::string& device, int local_rank) {
  const auto place_of = [](const std::string& name) {
    ModelOptions options;
    options.device = name;
    return place(options).place;
  };
  const at::Device first = place_of(device);
  const bool numbered = device.find(':') != std::string::npos;
  return first.is_cpu() || numbered || local_rank == 0 ? first : place_of("cuda:" + std::to_string(local_rank));
}

void choose_float32_products() { use_onednn_for_float32(); }

void keep_float32_products() { keep_float32_exact(); }

}  // namespace vifi
