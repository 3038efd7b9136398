#include <algorithm>

#include <ATen/TensorOperators.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/matmul.h>

#include "clip/tensors.h"
#include "clip/towers.h"
#include "vifi/error.h"
#include "weights/clip_weights.h"

namespace vifi {
namespace {

using at::Tensor;

/// Large: kept in the type of the file, widened row by row.
Tensor token_table(const TensorMap& tensors, bool in_half) {
  const Tensor table = stored_tensor(tensors, "token_embedding.weight");
  if (in_half) {
    return owned(table, at::kHalf);
  }
  const bool small_type = table.scalar_type() == at::kHalf || table.scalar_type() == at::kBFloat16;
  return owned(table, small_type ? table.scalar_type() : at::kFloat);
}

}  // namespace

std::vector<std::int64_t> pooled_positions(const Tensor& ids, TextPool pool, std::int64_t eos_id) {
  const Tensor rows = ids.contiguous();
  const std::int64_t length = rows.size(1);
  std::vector<std::int64_t> positions;
  for (std::int64_t row = 0; row < rows.size(0); ++row) {
    const auto* begin = rows.const_data_ptr<std::int64_t>() + row * length;
    const auto* end = begin + length;
    if (pool == TextPool::last) {
      positions.push_back(length - 1);
      continue;
    }
    const auto* read = pool == TextPool::argmax ? std::max_element(begin, end) : std::find(begin, end, eos_id);
    positions.push_back(read == end ? 0 : read - begin);  // no end token: the first position, as Hugging Face reads
  }
  return positions;
}

TextTower::TextTower(const ClipConfig& config, const TensorMap& tensors, const TowerOptions& options,
                     const TensorMap& prompts)
    : config_(config), dtype_(options.dtype), ln_final_in_half_(options.casts.ln_final) {
  token_embedding_ = token_table(tensors, options.casts.token_embedding);
  positions_ = owned(float_tensor(tensors, "positional_embedding"), at::kFloat);
  if (options.casts.text_positions) {
    positions_ = positions_.to(at::kHalf).to(at::kFloat);
  }
  ln_final_weight_ = owned(float_tensor(tensors, "ln_final.weight"), at::kFloat);
  ln_final_bias_ = owned(float_tensor(tensors, "ln_final.bias"), at::kFloat);
  projection_ = owned(float_tensor(tensors, "text_projection"), at::kFloat);
  if (tensors.count("text_projection_bias") > 0) {
    projection_bias_ = owned(float_tensor(tensors, "text_projection_bias"), at::kFloat);
  }
  TowerPrompts learned = text_prompts(prompts, config.text.layers);
  context_ = learned.entry;
  if (options.casts.prompts) {
    learned = rounded_to_half(learned, /*entry=*/false);
  }
  blocks_ = make_blocks(block_weights(tensors, "transformer.", config.text.layers), config.text,
                        config.text_causal ? Mask::causal : Mask::none, options, {},
                        {.position = 1, .rows = learned.deeper});
}

Tensor TextTower::forward(const Tensor& ids) const {
  const std::int64_t shortest = config_.text_causal ? 1 : positions_.size(0);
  if (ids.dim() != 2 || ids.size(1) < shortest || ids.size(1) > positions_.size(0)) {
    throw Error(ErrorCode::invalid_argument, "[encode text] ids: expected [P, " + std::to_string(shortest) + ".." +
                                                 std::to_string(positions_.size(0)) + "]");
  }
  const auto* values = ids.contiguous().const_data_ptr<std::int64_t>();
  const auto worst = std::find_if(values, values + ids.numel(), [&](std::int64_t id) {
    return id < 0 || id >= token_embedding_.size(0);
  });
  if (worst != values + ids.numel()) {
    throw Error(ErrorCode::invalid_argument,
                "[encode text] token " + std::to_string(*worst) + ": the model has " +
                    std::to_string(token_embedding_.size(0)) + " tokens",
                "this model was made for another tokenizer");
  }
  const std::vector<std::int64_t> read = pooled_positions(ids, config_.text_pool, config_.eos_id);
  const std::int64_t context = context_.defined() ? context_.size(0) : 0;
  if (context > 0 && std::any_of(read.begin(), read.end(), [&](std::int64_t end) { return end <= context; })) {
    throw Error(ErrorCode::invalid_argument,
                "[encode text] a text ends within the " + std::to_string(context) + " tokens that the model replaces",
                "leave the prompt template to the model");
  }
  const std::int64_t length = !config_.text_causal ? ids.size(1)
                              : read.empty()       ? 1
                                                   : *std::max_element(read.begin(), read.end()) + 1;
  Tensor embedded = at::embedding(token_embedding_, ids.narrow(1, 0, length).to(token_embedding_.device()))
                         .to(at::kFloat);
  if (context > 0 && !read.empty()) {
    embedded.narrow(1, 1, context).copy_(context_);
  }
  const Tensor x = (embedded + positions_.narrow(0, 0, length)).to(dtype_);  // [P, length, W]
  const Tensor last = blocks_->forward_rows(x, read);                            // [P, W]
  const Tensor normed =
      at::layer_norm(last, {config_.text.width}, ln_final_weight_, ln_final_bias_, config_.text.layer_norm_eps);
  const Tensor features = (ln_final_in_half_ ? normed.to(at::kHalf).to(at::kFloat) : normed).matmul(projection_);
  return projection_bias_.defined() ? features + projection_bias_ : features;
}

}  // namespace vifi
