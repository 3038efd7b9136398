#include "optim/contrastive_loss.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/matmul.h>

#include "optim/losses.h"

namespace vifi::train {

at::Tensor same_text_targets(const at::Tensor& ids) {
  const at::Tensor same = ids.unsqueeze(1).eq(ids.unsqueeze(0)).all(/*dim=*/2).to(at::kFloat);  // [B, B]
  return same / same.sum(1, /*keepdim=*/true);
}

at::Tensor contrastive_loss(const at::Tensor& images, const at::Tensor& texts, const at::Tensor& logit_scale,
                            const at::Tensor& targets) {
  const at::Tensor logits = logit_scale * images.matmul(texts.t());  // [B, B]
  return 0.5 * (soft_target_loss(logits, targets) + soft_target_loss(logits.t(), targets));
}

}  // namespace vifi::train
