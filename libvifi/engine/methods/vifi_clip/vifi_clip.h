#pragma once

#include "clip/towers.h"
#include "methods/mean_over_time.h"

namespace vifi {

/// ViFi-CLIP (Rasheed et al., CVPR 2023): every frame through CLIP's image tower, the mean over time, the scaled cosine
/// with the text. With CLIP's own weights it is the zero-shot baseline of the paper.
class ViFiClip final : public MeanOverTime {
 public:
  /// @param findings  for `info`
  ViFiClip(const ClipWeights& weights, const TowerOptions& options, std::vector<std::string> findings);

  const MethodInfo& info() const override { return info_; }
  at::Tensor encode_frames(const at::Tensor& images) override { return vision_.forward(images); }
  at::Tensor encode_text(const at::Tensor& ids) override { return text_.forward(ids); }

 private:
  MethodInfo info_;
  VisionTower vision_;
  TextTower text_;
};

MethodEntry vifi_clip_entry();

}  // namespace vifi
