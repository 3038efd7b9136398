#include "clip/attention_pool.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/scaled_dot_product_attention.h>

#include "clip/tensors.h"

namespace vifi {

using at::Tensor;

AttentionPool::AttentionPool(const TensorMap& tensors, const std::string& prefix, const TowerConfig& config,
                             const TowerOptions& options)
    : config_(config) {
  const auto get = [&](const char* name) { return float_tensor(tensors, prefix + name); };
  const Tensor in_weight = get("attn.in_proj_weight"), in_bias = get("attn.in_proj_bias");
  const std::int64_t width = config.width;
  const Tensor query = at::linear(get("probe"), in_weight.narrow(0, 0, width), in_bias.narrow(0, 0, width));  // [W]
  query_ = owned(query, at::kFloat).view({1, config.heads, 1, width / config.heads});
  key_value_ = Linear(in_weight.narrow(0, width, 2 * width), in_bias.narrow(0, width, 2 * width), options.dtype,
                      options.kernels);
  const auto linear = [&](const std::string& name) {
    return Linear(float_tensor(tensors, prefix + name + ".weight"), float_tensor(tensors, prefix + name + ".bias"),
                  at::kFloat, options.kernels);
  };
  out_ = linear("attn.out_proj");
  fc_ = linear("mlp.c_fc");
  proj_ = linear("mlp.c_proj");
  norm_weight_ = owned(get("layernorm.weight"), at::kFloat);
  norm_bias_ = owned(get("layernorm.bias"), at::kFloat);
}

Tensor AttentionPool::forward(const Tensor& x) const {
  const std::int64_t batch = x.size(0), tokens = x.size(1), width = config_.width, heads = config_.heads;
  const Tensor key_value = key_value_(x.reshape({batch * tokens, width}))
                               .to(at::kFloat)
                               .view({batch, tokens, 2, heads, width / heads})
                               .permute({2, 0, 3, 1, 4});  // [2, B, heads, N, W / heads]
  const Tensor mixed = at::scaled_dot_product_attention(query_.expand({batch, heads, 1, width / heads}), key_value[0],
                                                        key_value[1]);  // [B, heads, 1, W / heads]
  const Tensor y = out_(mixed.reshape({batch, width}));
  const Tensor normed = at::layer_norm(y, {width}, norm_weight_, norm_bias_, config_.layer_norm_eps);
  return y + proj_(activated(fc_(normed), config_.activation));
}

}  // namespace vifi
