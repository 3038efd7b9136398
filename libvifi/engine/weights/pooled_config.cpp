#include "weights/pooled_config.h"

#include <string>

#include "weights/clip_architecture.h"

namespace vifi {
namespace {

void add_linear(std::vector<ExpectedTensor>& list, const std::string& name, std::int64_t out, std::int64_t in) {
  list.push_back({name + ".weight", {out, in}});
  list.push_back({name + ".bias", {out}});
}

void add_pool(std::vector<ExpectedTensor>& list, const std::string& prefix, std::int64_t width, std::int64_t mlp) {
  list.push_back({prefix + "probe", {width}});
  list.push_back({prefix + "attn.in_proj_weight", {3 * width, width}});
  list.push_back({prefix + "attn.in_proj_bias", {3 * width}});
  add_linear(list, prefix + "attn.out_proj", width, width);
  add_norm(list, prefix + "layernorm", width);
  add_linear(list, prefix + "mlp.c_fc", mlp, width);
  add_linear(list, prefix + "mlp.c_proj", width, mlp);
}

}  // namespace

std::vector<ExpectedTensor> expected_tensors(const PooledTowerConfig& config) {
  const std::int64_t width = config.blocks.width;
  std::vector<ExpectedTensor> list;
  list.push_back({"visual.conv1.weight", {width, 3, config.patch_size, config.patch_size}});
  if (config.patch_bias) {
    list.push_back({"visual.conv1.bias", {width}});
  }
  if (config.class_token) {
    list.push_back({"visual.class_embedding", {width}});
  }
  list.push_back({"visual.positional_embedding", {config.tokens(), width}});
  if (config.norm_before) {
    add_norm(list, "visual.ln_pre", width);
  }
  for (std::int64_t i = 0; i < config.blocks.layers; ++i) {
    add_block(list, "visual.transformer.resblocks." + std::to_string(i) + ".", config.blocks);
  }
  add_norm(list, "visual.ln_post", width);
  add_pool(list, "visual.attn_pool.", width, config.pool_mlp_width);
  if (config.embed_dim > 0) {
    list.push_back({"visual.proj", {width, config.embed_dim}});
  }
  if (config.projection_bias) {
    list.push_back({"visual.proj_bias", {config.embed_dim}});
  }
  return list;
}

}  // namespace vifi
