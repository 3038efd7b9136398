#include "clip/prompts.h"

#include <algorithm>

#include "clip/tensors.h"

namespace vifi {
namespace {

TowerPrompts prompts_of(const TensorMap& prompts, const std::string& entry, const std::string& blocks,
                        std::int64_t layers) {
  TowerPrompts found;
  if (prompts.contains(entry)) {
    found.entry = owned(float_tensor(prompts, entry), at::kFloat);
  }
  for (std::int64_t layer = 0; layer < layers; ++layer) {
    const std::string name = blocks + std::to_string(layer) + ".VPT_shallow";
    if (prompts.contains(name)) {
      found.deeper.resize(static_cast<std::size_t>(layer));
      found.deeper.push_back(owned(float_tensor(prompts, name), at::kFloat));
    }
  }
  return found;
}

at::Tensor rounded(const at::Tensor& tensor) { return tensor.to(at::kHalf).to(at::kFloat); }

}  // namespace

std::int64_t TowerPrompts::depth() const {
  return (entry.defined() ? 1 : 0) +
         std::count_if(deeper.begin(), deeper.end(), [](const at::Tensor& rows) { return rows.defined(); });
}

TowerPrompts vision_prompts(const TensorMap& prompts, std::int64_t layers) {
  return prompts_of(prompts, "visual.VPT", "visual.transformer.resblocks.", layers);
}

TowerPrompts text_prompts(const TensorMap& prompts, std::int64_t layers) {
  return prompts_of(prompts, "prompt_learner.ctx", "transformer.resblocks.", layers);
}

TowerPrompts rounded_to_half(const TowerPrompts& prompts, bool entry) {
  TowerPrompts result = prompts;
  if (entry && result.entry.defined()) {
    result.entry = rounded(result.entry);
  }
  for (at::Tensor& rows : result.deeper) {
    if (rows.defined()) {
      rows = rounded(rows);
    }
  }
  return result;
}

void DeepPrompts::insert(std::size_t block, at::Tensor& x) const {
  if (block < rows.size() && rows[block].defined()) {
    x.narrow(1, position, rows[block].size(0)).copy_(rows[block]);
  }
}

DeepPrompts DeepPrompts::of_type(at::ScalarType dtype) const {
  DeepPrompts result = *this;
  for (at::Tensor& tensor : result.rows) {
    if (tensor.defined()) {
      tensor = owned(tensor, dtype);
    }
  }
  return result;
}

}  // namespace vifi
