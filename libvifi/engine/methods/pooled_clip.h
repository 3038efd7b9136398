#pragma once

#include <memory>

#include "clip/pooled_tower.h"
#include "clip/towers.h"
#include "methods/mean_over_time.h"
#include "weights/pooled_weights.h"

namespace vifi {

/// What the weights tell of a pair of towers whose image side is read by attention pooling. The method adds its name,
/// its preparation, its prompts and whose tokens it reads.
MethodInfo pooled_clip_info(const PooledWeights& weights);

/// Such a pair behind ViFi-CLIP's recipe.
class PooledClip final : public MeanOverTime {
 public:
  /// @param options  `kernels` may be automatic: measured here
  PooledClip(MethodInfo info, const PooledWeights& weights, const TowerOptions& options);

  const MethodInfo& info() const override { return info_; }
  at::Tensor encode_frames(const at::Tensor& images) override { return vision_->forward(images); }
  at::Tensor encode_text(const at::Tensor& ids) override { return text_->forward(ids); }

 private:
  MethodInfo info_;
  std::unique_ptr<PooledTower> vision_;
  std::unique_ptr<TextTower> text_;
};

}  // namespace vifi
