#include "clip/blocks.h"

#include <ATen/ops/from_blob.h>
#include <ATen/ops/index_select.h>

#include "clip/shared_weights.h"
#include "clip/tensors.h"
#include "cpu/packed_blocks.h"
#include "cuda/device_blocks.h"
#include "weights/clip_weights.h"

namespace vifi {

std::vector<BlockWeights> block_weights(const TensorMap& tensors, const std::string& prefix, std::int64_t layers) {
  std::vector<BlockWeights> blocks;
  for (std::int64_t layer = 0; layer < layers; ++layer) {
    const std::string block = prefix + "resblocks." + std::to_string(layer) + ".";
    const auto get = [&](const char* name) { return stored_tensor(tensors, block + name); };
    blocks.push_back({
        .ln_1_weight = get("ln_1.weight"),
        .ln_1_bias = get("ln_1.bias"),
        .in_proj_weight = get("attn.in_proj_weight"),
        .in_proj_bias = get("attn.in_proj_bias"),
        .out_proj_weight = get("attn.out_proj.weight"),
        .out_proj_bias = get("attn.out_proj.bias"),
        .ln_2_weight = get("ln_2.weight"),
        .ln_2_bias = get("ln_2.bias"),
        .fc_weight = get("mlp.c_fc.weight"),
        .fc_bias = get("mlp.c_fc.bias"),
        .proj_weight = get("mlp.c_proj.weight"),
        .proj_bias = get("mlp.c_proj.bias"),
    });
  }
  return blocks;
}

BlockWeights in_float32(const BlockWeights& block) {
  BlockWeights result = block;
  for_each_tensor(result, [](at::Tensor& tensor) { tensor = to_float32(tensor); });
  return result;
}

std::unique_ptr<Blocks> make_blocks(const std::vector<BlockWeights>& weights, const TowerConfig& config, Mask mask,
                                    const TowerOptions& options, const Rotary& rotary, const DeepPrompts& prompts) {
  if (!build_device().is_cpu() && !SharedWeights::in_force()) {  // a training takes the plain form everywhere
    if (!rotary.cos.defined() && prompts.rows.empty()) {
      return device_blocks(weights, config, mask, options.dtype);
    }
    Rotary turns = rotary;
    if (rotary.cos.defined()) {
      turns = {owned(rotary.cos, at::kFloat), owned(rotary.sin, at::kFloat)};
    }
    DeepPrompts learned = prompts;
    for (at::Tensor& rows : learned.rows) {
      rows = rows.defined() ? owned(rows, at::kFloat) : rows;
    }
    return plain_blocks(weights, config, mask, options.dtype, turns, learned);
  }
  return options.kernels == CpuKernels::packed ? packed_blocks(weights, config, mask, options.dtype, rotary, prompts)
                                               : plain_blocks(weights, config, mask, options.dtype, rotary, prompts);
}

at::Tensor pick_rows(const at::Tensor& x, const std::vector<std::int64_t>& rows) {
  const std::int64_t tokens = x.size(1);
  std::vector<std::int64_t> flat(rows);
  for (std::size_t item = 0; item < flat.size(); ++item) {
    flat[item] += static_cast<std::int64_t>(item) * tokens;
  }
  // A backward pass keeps the index, so it may not lie in `flat`.
  const at::Tensor index = at::from_blob(flat.data(), {x.size(0)}, at::kLong).to(x.device(), at::kLong, false, true);
  return x.reshape({-1, x.size(2)}).index_select(0, index);
}

}  // namespace vifi
