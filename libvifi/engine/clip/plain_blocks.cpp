#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/stack.h>

#include "clip/blocks.h"
#include "clip/tensors.h"

namespace vifi {
namespace {

using at::Tensor;

/// @param x  [B, heads, N, D]
Tensor rotated(const Tensor& x, const Rotary& rotary) {
  const Tensor pairs = x.unflatten(-1, {-1, 2});                           // [B, heads, N, D / 2, 2]
  const Tensor a = pairs.select(-1, 0), b = pairs.select(-1, 1);
  const Tensor turned = at::stack({a * rotary.cos - b * rotary.sin, b * rotary.cos + a * rotary.sin}, -1);
  return turned.flatten(-2).to(x.scalar_type());
}

class PlainBlocks final : public Blocks {
 public:
  PlainBlocks(const std::vector<BlockWeights>& weights, const TowerConfig& config, Mask mask, at::ScalarType dtype,
              const Rotary& rotary, const DeepPrompts& prompts)
      : config_(config), mask_(mask), rotary_(rotary), prompts_(prompts.of_type(dtype)) {
    for (const BlockWeights& block : weights) {
      blocks_.push_back(block);
      for_each_tensor(blocks_.back(), [&](Tensor& tensor) { tensor = owned(tensor, dtype); });
    }
  }

  Tensor forward(Tensor x) const override {
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      const BlockWeights& block = blocks_[i];
      prompts_.insert(i, x);
      x = x + attention(block, norm(x, block.ln_1_weight, block.ln_1_bias));  // [B, N, W]
      x = x + mlp(block, norm(x, block.ln_2_weight, block.ln_2_bias));
    }
    return x;
  }

  Tensor forward_rows(Tensor x, const std::vector<std::int64_t>& rows) const override {
    return pick_rows(forward(std::move(x)), rows).to(at::kFloat);
  }

 private:
  Tensor norm(const Tensor& x, const Tensor& weight, const Tensor& bias) const {
    return at::layer_norm(x, {config_.width}, weight, bias, config_.layer_norm_eps);
  }

  Tensor attention(const BlockWeights& block, const Tensor& x) const {
    const std::int64_t batch = x.size(0), tokens = x.size(1);
    const Tensor qkv = at::linear(x, block.in_proj_weight, block.in_proj_bias)
                           .view({batch, tokens, 3, config_.heads, -1})
                           .permute({2, 0, 3, 1, 4});  // [3, B, heads, N, width / heads]
    const bool turns = rotary_.cos.defined();
    const Tensor queries = turns ? rotated(qkv[0], rotary_) : qkv[0], keys = turns ? rotated(qkv[1], rotary_) : qkv[1];
    const Tensor mixed = at::scaled_dot_product_attention(queries, keys, qkv[2], {}, 0.0, mask_ == Mask::causal);
    return at::linear(mixed.transpose(1, 2).reshape(x.sizes()), block.out_proj_weight, block.out_proj_bias);
  }

  Tensor mlp(const BlockWeights& block, const Tensor& x) const {
    const Tensor hidden = activated(at::linear(x, block.fc_weight, block.fc_bias), config_.activation);
    return at::linear(hidden, block.proj_weight, block.proj_bias);
  }

  std::vector<BlockWeights> blocks_;
  TowerConfig config_;
  Mask mask_;
  Rotary rotary_;
  DeepPrompts prompts_;
};

}  // namespace

std::unique_ptr<Blocks> plain_blocks(const std::vector<BlockWeights>& weights, const TowerConfig& config, Mask mask,
                                     at::ScalarType dtype, const Rotary& rotary, const DeepPrompts& prompts) {
  return std::make_unique<PlainBlocks>(weights, config, mask, dtype, rotary, prompts);
}

}  // namespace vifi
