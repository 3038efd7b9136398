#pragma once

#include <memory>

#include <ATen/core/Tensor.h>

#include "clip/blocks.h"
#include "cpu/linear.h"
#include "weights/checkpoint.h"
#include "weights/clip_config.h"

namespace vifi {

/// CLIP's image tower (Radford et al. 2021, section 2.4; a ViT with a norm before the blocks). Immutable; one thread
/// at a time.
class VisionTower {
 public:
  /// @param tensors  holds `visual.*`, shapes as `config` says
  /// @param prompts  as in ClipWeights; learned tokens stand behind the patches
  VisionTower(const ClipConfig& config, const TensorMap& tensors, const TowerOptions& options,
              const TensorMap& prompts = {});

  /// @param images  [B, 3, H, W], normalised pixels, float32
  /// @return        [B, E], float32, not normalised
  at::Tensor forward(const at::Tensor& images) const;
  /// What `forward` projects. @return [B, W], float32
  at::Tensor read(const at::Tensor& images) const;

 private:
  at::Tensor tokens(const at::Tensor& images) const;  // [B, 1 + patches + prompts, W]

  ClipConfig config_;
  at::ScalarType dtype_;
  bool images_in_half_ = false;
  Linear patch_embedding_;                            // [3 p p] -> [W]
  at::Tensor first_token_;                            // [W], class embedding + its position
  at::Tensor patch_positions_;                        // [patches, W]
  at::Tensor prompts_;                                // [n, W]; undefined: none
  at::Tensor ln_pre_weight_, ln_pre_bias_;            // [W]
  at::Tensor ln_post_weight_, ln_post_bias_;          // [W], float32
  at::Tensor projection_;                             // [W, E], float32
  std::unique_ptr<Blocks> blocks_;
};

/// A text tower: a transformer, causal in CLIP, read at one position of each text. Immutable; one thread at a time.
class TextTower {
 public:
  /// @param tensors  holds `token_embedding.weight`, `positional_embedding`, `transformer.*`, `ln_final.*`,
  ///                 `text_projection`, and `text_projection_bias` where the model has one
  /// @param prompts  as in ClipWeights; learned context takes the place of the tokens 1..n
  TextTower(const ClipConfig& config, const TensorMap& tensors, const TowerOptions& options,
            const TensorMap& prompts = {});

  /// Positions behind the last one that is read are left out, which a causal mask makes exact.
  /// @param ids  [P, L], L <= context length; without a causal mask L is the context length
  /// @return     [P, E], float32, not normalised
  /// @throws Error(invalid_argument) for an id outside the vocabulary, a row that is too long, or one that ends
  ///         within the learned context
  at::Tensor forward(const at::Tensor& ids) const;

 private:
  ClipConfig config_;
  at::ScalarType dtype_;
  at::Tensor token_embedding_;                        // [V, W], the type it is stored in
  at::Tensor positions_;                              // [L, W], float32
  at::Tensor context_;                                // [n, W], float32; undefined: none
  bool ln_final_in_half_ = false;
  at::Tensor ln_final_weight_, ln_final_bias_;        // [W], float32
  at::Tensor projection_;                             // [W, E], float32
  at::Tensor projection_bias_;                        // [E], float32; undefined: none
  std::unique_ptr<Blocks> blocks_;
};

/// The position of each text that is read. ids [P, L].
std::vector<std::int64_t> pooled_positions(const at::Tensor& ids, TextPool pool, std::int64_t eos_id);

}  // namespace vifi
