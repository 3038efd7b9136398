#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <ATen/core/Tensor.h>
#include <nlohmann/json.hpp>

#include "methods/training.h"
#include "optim/adamw.h"
#include "optim/loss_scaler.h"
#include "optim/training_clock.h"
#include "vifi/export.h"
#include "weights/torch_value.h"

namespace vifi::train {

/// How far a training has come, beside what model, optimizer and clock hold.
struct Position {
  std::int64_t epoch = 0;     ///< where it goes on, from 0
  std::int64_t step = 0;      ///< micro-step in that epoch
  double best_accuracy = 0;   ///< percent
};

/// The dict that the reference saves: model, optimizer (as torch's AdamW writes it), lr_scheduler, max_accuracy, epoch
/// (the last finished one), config; beside it `vifi` with the place in the epoch and how frames were prepared (JSON, as
/// in a bundle), and `scaler` as torch.amp.GradScaler
/// writes it.
/// @param ids     [K, L], of the classes trained on
/// @param scaler  of fp16, else null
VIFI_API TorchDict training_state(const Trainable& model, const at::Tensor& ids, const AdamW& optimizer,
                                  const TrainingClock& clock, const Position& position, const nlohmann::json& config,
                                  const LossScaler* scaler = nullptr);

enum class ResumeRule {
  /// What the reference's MODEL.RESUME does: weights always; where the optimizer's state fits, that and the schedule
  /// too, and the training goes on behind epoch 0, but from the beginning for every later epoch (keeping moments and
  /// the rate in force). Where it does not fit, optimizer and schedule start anew: prompts on fine-tuned weights.
  reference,
  exact,  ///< goes on where the training stopped; everything must fit
};

/// Takes the state of a training from a checkpoint.
/// @param scaler  gets the checkpoint's scale; null, or left alone where the file has none
/// @throws WeightsError, Error(corrupt) where the file is none, or, under ResumeRule::exact, does not fit
VIFI_API Position resume(const std::string& path, ResumeRule rule, Trainable& model, AdamW& optimizer,
                         TrainingClock& clock, LossScaler* scaler = nullptr);

}  // namespace vifi::train
