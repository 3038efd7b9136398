#include "loop/stepper.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include "clip/autocast.h"
#include "optim/losses.h"
#include "vifi/error.h"

namespace vifi::train {

Stepper::Stepper(Trainable& model, AdamW& optimizer, TrainingClock& clock, at::Tensor ids, Arithmetic arithmetic)
    : model_(model), optimizer_(optimizer), clock_(clock), ids_(std::move(ids)), arithmetic_(arithmetic) {
  if (arithmetic_ == Arithmetic::fp16) {
    scaler_.emplace();
  }
}

void Stepper::begin_epoch(std::int64_t epoch) {
  clock_.begin_epoch(epoch);
  optimizer_.clear_gradients();
  if (model_.recipe().text_trained) {
    text_.reset();
  }
}

void Stepper::encode_text() {
  if (text_.defined()) {
    return;
  }
  const bool trained = model_.recipe().text_trained;
  const at::AutoGradMode graph(trained);
  const Autocast autocast(model_.device().type(), product_type(arithmetic_));
  text_ = model_.text_features(ids_);
  text_leaf_ = text_.detach();
  text_leaf_.set_requires_grad(trained);
}

void Stepper::back_through_text() {
  if (!model_.recipe().text_trained) {
    return;
  }
  if (before_text) {
    before_text(text_leaf_);
  }
  if (text_leaf_.grad().defined()) {
    text_.backward(text_leaf_.grad());
  }
  text_.reset();
}

double Stepper::backward(const StepInput& input, double share, bool last) {
  at::Tensor loss;
  {
    const Autocast autocast(model_.device().type(), product_type(arithmetic_));
    const at::Tensor logits = model_.logits(input.clips, text_leaf_);
    loss = soft_target_loss(logits, input.targets);
    logits_ = logits.detach();
  }
  const double value = loss.item<double>();
  if (!std::isfinite(value)) {
    throw Error(ErrorCode::internal,
                "[train] epoch " + std::to_string(clock_.epoch()) + ", batch " + std::to_string(clock_.step_in_epoch()) +
                    ": the loss is not a number",
                "the training diverged: lower TRAIN.LR, or train in fp32");
  }
  if (last && before_last_backward) {
    before_last_backward(model_.recipe().text_trained ? text_leaf_ : at::Tensor());
  }
  (loss * (scaler_ ? share * scaler_->scale() : share)).backward();
  return value;
}

double Stepper::step(std::span<const StepInput> ranks) {
  encode_text();
  const double rank_share = 1.0 / static_cast<double>(std::max<std::size_t>(ranks.size(), 1));
  double loss = 0;
  for (const StepInput& input : ranks) {
    const bool last = clock_.optimizer_steps() && &input == &ranks.back();
    loss += rank_share * backward(input, rank_share / static_cast<double>(clock_.accumulation()), last);
  }
  if (clock_.optimizer_steps()) {
    back_through_text();
    if (before_optimizer) {
      before_optimizer();
    }
    if (!scaler_ || scaler_->unscale(model_.parameters())) {
      optimizer_.step(clock_.lr());
    }
    optimizer_.clear_gradients();
  }
  clock_.advance();
  return loss;
}

}  // namespace vifi::train
