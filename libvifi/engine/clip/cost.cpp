#include "clip/cost.h"

namespace vifi {

double block_macs(const TowerConfig& config, std::int64_t tokens) {
  const auto width = static_cast<double>(config.width), length = static_cast<double>(tokens);
  const double linear = length * (4 * width * width + 2 * width * static_cast<double>(config.mlp_width));
  const double attention = 2 * length * length * width;
  return static_cast<double>(config.layers) * (linear + attention);
}

double macs_per_frame(const ClipConfig& config, std::int64_t prompts) {
  const std::int64_t patches = config.patch_rows() * config.patch_columns();
  const auto width = static_cast<double>(config.vision.width);
  const double embedding = static_cast<double>(patches * 3 * config.patch_size * config.patch_size) * width;
  return embedding + block_macs(config.vision, 1 + patches + prompts) + width * static_cast<double>(config.embed_dim);
}

double macs_per_frame(const PooledTowerConfig& config) {
  const auto patches = static_cast<double>(config.patch_rows() * config.patch_columns());
  const auto tokens = static_cast<double>(config.tokens());
  const auto width = static_cast<double>(config.blocks.width), patch = static_cast<double>(config.patch_size);
  const double embedding = patches * 3 * patch * patch * width;
  const double keys_values = 2 * tokens * width * width, attention = 2 * tokens * width;
  const double query_out = 2 * width * width, mlp = 2 * width * static_cast<double>(config.pool_mlp_width);
  return embedding + block_macs(config.blocks, config.tokens()) + keys_values + attention + query_out + mlp +
         width * static_cast<double>(config.embed_dim);
}

double macs_per_prompt(const ClipConfig& config) {
  return block_macs(config.text, config.context_length) +
         static_cast<double>(config.text.width * config.embed_dim);
}

}  // namespace vifi
