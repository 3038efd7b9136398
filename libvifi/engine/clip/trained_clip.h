#pragma once

#include <ATen/core/Tensor.h>

#include "export.h"
#include "weights/clip_weights.h"

namespace vifi {

/// A CLIP whose every weight is trained: both towers on their own, for losses that compare them. The towers are made
/// anew over the weights for each call, so that all they derive belongs to that call's graph. One thread at a time.
class VIFI_ENGINE_API TrainedClip {
 public:
  /// Every tensor becomes a float32 leaf that requires a gradient.
  explicit TrainedClip(ClipWeights weights);

  /// The weights themselves, not a copy.
  const ClipWeights& weights() const noexcept { return weights_; }

  /// @param images  [B, 3, H, W], normalised pixels
  /// @return        [B, W], float32: what the image tower reads, before its projection
  at::Tensor read_images(const at::Tensor& images) const;
  /// @param read  [B, W]
  /// @return      [B, E], not normalised
  at::Tensor projected(const at::Tensor& read) const;
  /// @param ids  [P, L], int64
  /// @return     [P, E], not normalised
  at::Tensor text_features(const at::Tensor& ids) const;

 private:
  ClipWeights weights_;
};

}  // namespace vifi
