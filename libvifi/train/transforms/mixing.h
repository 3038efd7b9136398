#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "data/random.h"
#include "vifi/export.h"

namespace vifi::train {

/// How batches are mixed. Both strengths 0: not at all.
struct MixingSpec {
  double mixup_alpha = 0.8;   ///< of Beta(a, a); 0: no MixUp
  double cutmix_alpha = 1.0;  ///< of Beta(a, a); 0: no CutMix
  double cutmix_share = 0.5;  ///< of the batches, where both are on
  double smoothing = 0.1;     ///< of the targets
};

/// The random choices for one batch: one partner for each clip, one lambda and one box for all of it.
struct MixingDraws {
  bool cutmix = false;
  float lambda = 1;                       ///< weight of the clip itself
  std::vector<std::int64_t> permutation;  ///< partners
  std::int64_t centre_x = 0, centre_y = 0;  ///< pixels; CutMix alone
};

/// @param height, width  of the clips, pixels
VIFI_API MixingDraws draw_mixing(const MixingSpec& spec, std::int64_t batch, std::int64_t height,
                                       std::int64_t width, Random& random);

struct MixedBatch {
  at::Tensor clips;    // [B, T, 3, H, W]
  at::Tensor targets;  // [B, C]
  std::array<std::int64_t, 4> box{};  ///< x1, y1, x2, y2 of CutMix, ends excluded
};

/// MixUp (Zhang et al. 2018) and CutMix (Yun et al. 2019) with the reference's rounding: an odd side of the box loses a
/// pixel, and lambda becomes the share that the clamped box leaves.
/// @param clips   [B, T, 3, H, W], float32, normalised
/// @param labels  [B], int64
/// @throws Error(invalid_argument)
VIFI_API MixedBatch mix(const at::Tensor& clips, const at::Tensor& labels, std::int64_t classes,
                              double smoothing, const MixingDraws& draws);

}  // namespace vifi::train
