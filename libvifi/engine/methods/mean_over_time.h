#pragma once

#include "methods/method.h"

namespace vifi {

/// The video's feature before it is normalised. @param states  [B, T, E] @return [B, E]
VIFI_ENGINE_API at::Tensor mean_over_time(const at::Tensor& states);

/// ViFi-CLIP's way from frame features to scores, for any pair of towers: the mean over time of features that are not
/// normalised, L2, the cosine with the text, scaled and shifted (Rasheed et al. 2023, section 3.1).
class MeanOverTime : public Method {
 public:
  at::Tensor pool(const at::Tensor& states) override;
  at::Tensor logits(const at::Tensor& states, const at::Tensor& text) override;
};

}  // namespace vifi
