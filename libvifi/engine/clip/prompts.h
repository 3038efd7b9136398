#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "weights/checkpoint.h"

namespace vifi {

/// Learned vectors that take the place of some tokens of a tower: at its entry, and again before deeper blocks, where
/// the vectors that stood there came from the block before (ViFi-CLIP, section 4.3; "deep prompting").
struct TowerPrompts {
  at::Tensor entry;                // [n, W], float32; undefined: the tower has none
  std::vector<at::Tensor> deeper;  // of block i: [n, W], float32; undefined or beyond the end: leave what is there

  std::int64_t count() const { return entry.defined() ? entry.size(0) : 0; }
  /// Blocks that get vectors of their own, the entry counted: 0 without prompts.
  std::int64_t depth() const;
};

/// `visual.VPT` and `visual.transformer.resblocks.N.VPT_shallow`.
/// @param prompts  as in ClipWeights
TowerPrompts vision_prompts(const TensorMap& prompts, std::int64_t layers);
/// `prompt_learner.ctx` and `transformer.resblocks.N.VPT_shallow`.
TowerPrompts text_prompts(const TensorMap& prompts, std::int64_t layers);

/// Rounds what the reference keeps in fp16: the prompts of the image tower and all deeper ones, not the text's entry.
TowerPrompts rounded_to_half(const TowerPrompts& prompts, bool entry);

/// What the blocks of a tower put in the place of some tokens.
struct DeepPrompts {
  std::int64_t position = 0;     ///< of the first token that is replaced
  std::vector<at::Tensor> rows;  ///< before block i: [n, W]; undefined or beyond the end: nothing

  /// @param x  [B, N, W], written to
  void insert(std::size_t block, at::Tensor& x) const;
  /// The same with rows of the blocks' type.
  DeepPrompts of_type(at::ScalarType dtype) const;
};

}  // namespace vifi
