#include "protocols/class_prompts.h"

#include <algorithm>
#include <string>
#include <vector>

#include <ATen/ops/empty.h>

#include "vifi/tokenizer.h"

namespace vifi::train {

at::Tensor prompt_ids(const TrainingRecipe& recipe, const LabelSet& labels) {
  std::vector<std::string> prompts;
  for (const Label& label : labels.labels) {
    prompts.push_back(prompt_of(recipe.prompts, recipe.prompts.templates.at(0), label.name));
  }
  const TokenBatch batch = clip_tokenizer()->encode(prompts, static_cast<int>(recipe.context_length), false);
  at::Tensor ids = at::empty({std::ssize(prompts), batch.length}, at::TensorOptions().dtype(at::kLong));
  std::copy(batch.ids.begin(), batch.ids.end(), ids.mutable_data_ptr<std::int64_t>());
  return ids;
}

}  // namespace vifi::train
