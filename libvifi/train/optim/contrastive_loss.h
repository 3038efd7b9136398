#pragma once

#include <ATen/core/Tensor.h>

#include "vifi/export.h"

namespace vifi::train {

/// For each text of a batch, the texts that are the same: a row's mass is shared equally among them.
/// @param ids  [B, L], int64
/// @return     [B, B], float32, symmetric, rows that sum to 1
VIFI_API at::Tensor same_text_targets(const at::Tensor& ids);

/// CLIP's loss (Radford et al. 2021, figure 3): the mean of the cross-entropies over texts for each image and over
/// images for each text. Pictures with the same caption are no negatives of each other.
/// @param images       [B, E], L2-normalised
/// @param texts        [B, E], L2-normalised
/// @param logit_scale  [], the factor on cosines
/// @param targets      [B, B], of `same_text_targets`
/// @return             [], float32
VIFI_API at::Tensor contrastive_loss(const at::Tensor& images, const at::Tensor& texts, const at::Tensor& logit_scale,
                                     const at::Tensor& targets);

}  // namespace vifi::train
