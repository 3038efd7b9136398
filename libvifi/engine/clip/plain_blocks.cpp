#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/stack.h>

#include "clip/blocks.h"
#include "clip/recompute.h"
#include "clip/tensors.h"

namespace vifi {
namespace {

using at::Tensor;

/// @param x  [B, heads, N, D]
Tensor rotated(const Tensor& x, const Rotary& rotary) {
  const Tensor pairs = x.unflatten(-1, {-1, 2});  // [B, heads, N, D / 2, 2]
  const Tensor a = pairs.select(-1, 0), b = pairs.select(-1, 1);
  const Tensor turned = at::stack({a * rotary.cos - b * rotary.sin, b * rotary.cos + a * rotary.sin}, -1);
  return turned.flatten(-2).to(x.scalar_type());
}

/// What the blocks of a stack have in common.
struct Form {
  TowerConfig config;
  Mask mask;
  Rotary rotary;
};

Tensor norm(const Form& form, const Tensor& x, const Tensor& weight, const Tensor& bias) {
  return at::layer_norm(x, {form.config.width}, weight, bias, form.config.layer_norm_eps);
}

Tensor attention(const Form& form, const BlockWeights& block, const Tensor& x) {
  const std::int64_t batch = x.size(0), tokens = x.size(1);
  const Tensor qkv = at::linear(x, block.in_proj_weight, block.in_proj_bias)
                         .view({batch, tokens, 3, form.config.heads, -1})
                         .permute({2, 0, 3, 1, 4});  // [3, B, heads, N, width / heads]
  const bool turns = form.rotary.cos.defined();
  const Tensor queries = turns ? rotated(qkv[0], form.rotary) : qkv[0],
               keys = turns ? rotated(qkv[1], form.rotary) : qkv[1];
  const Tensor mixed = at::scaled_dot_product_attention(queries, keys, qkv[2], {}, 0.0, form.mask == Mask::causal);
  return at::linear(mixed.transpose(1, 2).reshape(x.sizes()), block.out_proj_weight, block.out_proj_bias);
}

Tensor mlp(const Form& form, const BlockWeights& block, const Tensor& x) {
  const Tensor hidden = activated(at::linear(x, block.fc_weight, block.fc_bias), form.config.activation);
  return at::linear(hidden, block.proj_weight, block.proj_bias);
}

Tensor with_attention(const Form& form, const BlockWeights& block, const Tensor& x) {
  return x + attention(form, block, norm(form, x, block.ln_1_weight, block.ln_1_bias));
}

Tensor with_mlp(const Form& form, const BlockWeights& block, const Tensor& x) {
  return x + mlp(form, block, norm(form, x, block.ln_2_weight, block.ln_2_bias));
}

class PlainBlocks final : public Blocks {
 public:
  PlainBlocks(const std::vector<BlockWeights>& weights, Form form, at::ScalarType dtype, const DeepPrompts& prompts)
      : form_(std::move(form)), prompts_(prompts.of_type(dtype)), recompute_(RecomputedBlocks::wanted()) {
    for (const BlockWeights& block : weights) {
      blocks_.push_back(in_float32(block));
      for_each_tensor(blocks_.back(), [&](Tensor& tensor) { tensor = owned(tensor, dtype); });
    }
  }

  Tensor forward(Tensor x) const override { return before(blocks_.size(), std::move(x)); }

  Tensor forward_rows(Tensor x, const std::vector<std::int64_t>& rows) const override {
    if (blocks_.empty()) {
      return pick_rows(x, rows).to(at::kFloat);
    }
    x = before(blocks_.size() - 1, std::move(x));
    prompts_.insert(blocks_.size() - 1, x);
    const Tensor mixed = pick_rows(with_attention(form_, blocks_.back(), x), rows);
    return with_mlp(form_, blocks_.back(), mixed).to(at::kFloat);  // works row by row
  }

 private:
  /// The input of a block.
  Tensor before(std::size_t block, Tensor x) const {
    for (std::size_t i = 0; i < block; ++i) {
      prompts_.insert(i, x);
      const auto body = [form = form_, weights = blocks_[i]](const Tensor& input) {
        return with_mlp(form, weights, with_attention(form, weights, input));
      };
      x = recompute_ ? recomputed(body, x) : body(x);  // [B, N, W]
    }
    return x;
  }

  std::vector<BlockWeights> blocks_;
  Form form_;
  DeepPrompts prompts_;
  bool recompute_;
};

}  // namespace

std::unique_ptr<Blocks> plain_blocks(const std::vector<BlockWeights>& weights, const TowerConfig& config, Mask mask,
                                     at::ScalarType dtype, const Rotary& rotary, const DeepPrompts& prompts) {
  return std::make_unique<PlainBlocks>(weights, Form{config, mask, rotary}, dtype, prompts);
}

}  // namespace vifi
