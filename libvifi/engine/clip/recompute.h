#pragma once

#include <functional>

#include <ATen/core/Tensor.h>

namespace vifi {

/// `body(x)`, of which the backward pass keeps x alone: it computes the rest once more when it comes there (Chen et al.
/// 2016, "Training Deep Nets with Sublinear Memory Cost"). Gradients are the same to the bit. Where x has no graph, or
/// none is recorded, that is all of `body(x)`.
/// @param body  depends on nothing that changes before the backward pass; outlives the caller's scope
at::Tensor recomputed(const std::function<at::Tensor(const at::Tensor& x)>& body, const at::Tensor& x);

/// While it lives, plain blocks that this thread makes are recomputed in the backward pass, but for a stack's last one,
/// which comes first there.
class RecomputedBlocks {
 public:
  explicit RecomputedBlocks(bool wanted);
  ~RecomputedBlocks();
  RecomputedBlocks(const RecomputedBlocks&) = delete;
  RecomputedBlocks& operator=(const RecomputedBlocks&) = delete;

  static bool wanted();

 private:
  bool outer_;
};

}  // namespace vifi
