#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include <ATen/core/Tensor.h>

#include "loop/arithmetic.h"
#include "methods/training.h"
#include "optim/adamw.h"
#include "optim/loss_scaler.h"
#include "optim/training_clock.h"
#include "vifi/export.h"

namespace vifi::train {

/// A batch with everything done to it: augmented, mixed, targets softened; on the model's device.
struct StepInput {
  at::Tensor clips;    // [B, T, 3, H, W]
  at::Tensor targets;  // [B, K]
};

/// Takes a training's micro-steps: forward, backward, and where the clock says so, the optimizer's step. Gradients
/// that an epoch leaves over are dropped when the next begins, as the reference does.
///
/// Where the text side is trained, its features change only when the optimizer steps. They are computed once for all
/// micro-steps of a step, and the gradient that these collect goes back through the text tower once, which is exact.
/// One thread at a time.
class VIFI_API Stepper {
 public:
  /// @param ids  [K, L], the classes' prompts
  /// All but `ids` is referred to and must outlive this.
  Stepper(Trainable& model, AdamW& optimizer, TrainingClock& clock, at::Tensor ids,
          Arithmetic arithmetic = Arithmetic::fp32);

  /// Called before the backward pass that completes the gradients of a step, unless there is none.
  /// @param leaf  of the text features; undefined where the text side is not trained
  std::function<void(const at::Tensor& leaf)> before_last_backward;
  /// Called when the gradient of the text features is complete, before it goes back through the text tower: so that
  /// processes can share it, and do the same work behind it.
  std::function<void(const at::Tensor& leaf)> before_text;
  /// Called when the gradients of a step are complete, before the optimizer takes them.
  std::function<void()> before_optimizer;

  void begin_epoch(std::int64_t epoch);

  /// One micro-step, and on to the next.
  /// @param ranks  one batch for each logical rank, at least one; their gradients are averaged
  /// @return       the loss, averaged over ranks, before it is divided by the accumulation
  /// @throws Error(internal) where the loss is not a number; parameters are untouched then
  double step(std::span<const StepInput> ranks);

  /// Of fp16; nothing else has one. A step whose gradients overflow is left out, and only the scale changes.
  std::optional<LossScaler>& scaler() noexcept { return scaler_; }

  const at::Tensor& last_logits() const noexcept { return logits_; }  ///< [B, K] of the last rank, before the update

 private:
  void encode_text();
  void back_through_text();
  double backward(const StepInput& input, double share, bool last);

  Trainable& model_;
  AdamW& optimizer_;
  TrainingClock& clock_;
  at::Tensor ids_;
  Arithmetic arithmetic_;
  std::optional<LossScaler> scaler_;
  at::Tensor text_;       // [K, E], with its graph where the text side is trained
  at::Tensor text_leaf_;  // the same values; collects their gradient
  at::Tensor logits_;
};

}  // namespace vifi::train
