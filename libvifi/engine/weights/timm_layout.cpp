#include "weights/timm_layout.h"

#include <string_view>
#include <utility>

namespace vifi {
namespace {

constexpr std::string_view kTrunk = "visual.trunk.";

struct Rename {
  std::string_view from;
  std::string_view to;
};

/// Of what stands outside blocks, behind "visual."; the first that fits.
constexpr Rename kStarts[] = {
    {"conv1.", "patch_embed.proj."},
    {"ln_pre.", "norm_pre."},
    {"ln_post.", "norm."},
    {"attn_pool.attn.out_proj.", "attn_pool.proj."},
    {"attn_pool.layernorm.", "attn_pool.norm."},
    {"attn_pool.mlp.c_fc.", "attn_pool.mlp.fc1."},
    {"attn_pool.mlp.c_proj.", "attn_pool.mlp.fc2."},
    {"proj_bias", "head.bias"},
};

/// Inside a block.
constexpr Rename kBlockParts[] = {
    {".ln_1.", ".norm1."},
    {".ln_2.", ".norm2."},
    {".attn.in_proj_", ".attn.qkv."},
    {".attn.out_proj.", ".attn.proj."},
    {".mlp.c_fc.", ".mlp.fc1."},
    {".mlp.c_proj.", ".mlp.fc2."},
};

std::string trunk(std::string_view name) { return std::string(kTrunk) + std::string(name); }

std::string block_name(std::string name) {
  for (const auto& [from, to] : kBlockParts) {
    if (const auto at = name.find(from); at != std::string::npos) {
      return name.replace(at, from.size(), to);
    }
  }
  return name;
}

}  // namespace

Source timm_source(const std::string& canonical) {
  constexpr std::string_view kTower = "visual.", kBlocks = "transformer.resblocks.", kPool = "attn_pool.attn.in_proj_";
  const std::string_view name = std::string_view(canonical).substr(kTower.size());
  if (name.starts_with(kBlocks)) {
    return {{trunk("blocks." + block_name(std::string(name.substr(kBlocks.size()))))}};
  }
  if (name == "class_embedding") {
    return {{trunk("cls_token")}, Source::How::unwrapped};
  }
  if (name == "positional_embedding") {
    return {{trunk("pos_embed")}, Source::How::unwrapped};
  }
  if (name == "attn_pool.probe") {
    return {{trunk("attn_pool.latent")}, Source::How::unwrapped};
  }
  if (name == "proj") {
    return {{trunk("head.weight")}, Source::How::transposed};
  }
  if (name.starts_with(kPool)) {  // q alone, k and v together
    const std::string kind(name.substr(kPool.size()));
    return {{trunk("attn_pool.q." + kind), trunk("attn_pool.kv." + kind)}, Source::How::stacked, {1, 2}};
  }
  for (const auto& [from, to] : kStarts) {
    if (name.starts_with(from)) {
      return {{trunk(std::string(to) + std::string(name.substr(from.size())))}};
    }
  }
  return {{trunk(name)}};
}

}  // namespace vifi
