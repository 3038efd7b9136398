#pragma once

#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "clip/fp16_casts.h"
#include "clip/prompts.h"
#include "vifi/model.h"
#include "weights/checkpoint.h"
#include "weights/clip_config.h"

namespace vifi {

/// The weights of one residual block, as CLIP stores them: x += attention(ln_1(x)); x += mlp(ln_2(x)).
struct BlockWeights {
  at::Tensor ln_1_weight, ln_1_bias;    // [W]
  at::Tensor in_proj_weight;            // [3 W, W], rows of q, k, v
  at::Tensor in_proj_bias;              // [3 W]
  at::Tensor out_proj_weight;           // [W, W]
  at::Tensor out_proj_bias;             // [W]
  at::Tensor ln_2_weight, ln_2_bias;    // [W]
  at::Tensor fc_weight, fc_bias;        // [M, W], [M]
  at::Tensor proj_weight, proj_bias;    // [W, M], [W]
};

/// Calls `body(Tensor&)` for each of a block's tensors.
template <typename Body>
void for_each_tensor(BlockWeights& block, Body&& body) {
  for (at::Tensor* tensor : {&block.ln_1_weight, &block.ln_1_bias, &block.in_proj_weight, &block.in_proj_bias,
                             &block.out_proj_weight, &block.out_proj_bias, &block.ln_2_weight, &block.ln_2_bias,
                             &block.fc_weight, &block.fc_bias, &block.proj_weight, &block.proj_bias}) {
    body(*tensor);
  }
}

/// How the towers compute: the type of weights and activations, and the products.
struct TowerOptions {
  at::ScalarType dtype = at::kFloat;
  CpuKernels kernels = CpuKernels::plain;  ///< plain or packed
  Fp16Casts casts{};
};

/// The blocks `<prefix>resblocks.0.` …, of the types that are stored. Whoever builds from them takes one after the other
/// `in_float32`: all at once would need the memory of a second tower.
std::vector<BlockWeights> block_weights(const TensorMap& tensors, const std::string& prefix, std::int64_t layers);

BlockWeights in_float32(const BlockWeights& block);

/// The residual blocks of a tower. Three implementations with one meaning: `plain_blocks` is the reference that reads
/// like the paper, `packed_blocks` (cpu/) the fast form on a processor, `device_blocks` (cuda/) the one on a GPU. Immutable; one thread at a time.
class Blocks {
 public:
  virtual ~Blocks() = default;

  /// @param x  [B, N, W], contiguous, of the stack's type; prompts are written into it
  /// @return   [B, N, W]
  virtual at::Tensor forward(at::Tensor x) const = 0;

  /// The same where only one position of each item is read afterwards.
  /// @param rows  [B], that position
  /// @return      [B, W], float32
  virtual at::Tensor forward_rows(at::Tensor x, const std::vector<std::int64_t>& rows) const = 0;
};

enum class Mask { none, causal };

/// Turns each pair of neighbouring values of a head's queries and keys by an angle that depends on the position
/// (Su et al. 2021, RoFormer): (a, b) -> (a cos - b sin, b cos + a sin). Undefined: nothing is turned.
struct Rotary {
  at::Tensor cos, sin;  // [N, width of a head / 2], float32
};

/// Reference: at::linear, scaled_dot_product_attention, the activation as it is defined.
std::unique_ptr<Blocks> plain_blocks(const std::vector<BlockWeights>& weights, const TowerConfig& config, Mask mask,
                                     at::ScalarType dtype, const Rotary& rotary = {},
                                     const DeepPrompts& prompts = {});

/// The stack that `options` ask for, on `build_device()`: one that is no processor has a form of its own.
std::unique_ptr<Blocks> make_blocks(const std::vector<BlockWeights>& weights, const TowerConfig& config, Mask mask,
                                    const TowerOptions& options, const Rotary& rotary = {},
                                    const DeepPrompts& prompts = {});

/// Rows of a batch: x [B, N, W], rows [B] -> [B, W].
at::Tensor pick_rows(const at::Tensor& x, const std::vector<std::int64_t>& rows);

}  // namespace vifi
