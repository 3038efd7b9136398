#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "clip/trained_clip.h"
#include "data/captioned_images.h"
#include "data/image_batches.h"
#include "loop/stepper.h"
#include "methods/training.h"
#include "optim/adamw.h"
#include "optim/cosine_schedule.h"
#include "pretraining/token_rows.h"
#include "vifi/export.h"
#include "weights/torch_value.h"

namespace vifi::train {

/// How a small CLIP is trained from nothing. What changes the result is part of a saved state and must not change when
/// it is resumed.
struct PretrainingOptions {
  std::uint64_t seed = 0;
  std::int64_t steps = 3700;
  std::int64_t warmup_steps = 100;
  int batch = 128;   ///< pictures of a step
  double lr = 2e-3;  ///< the highest; a cosine takes it to `last_lr_share` of it
  double last_lr_share = 0.02;
  double weight_decay = 0.05;                ///< of tensors with two dimensions and more
  double gradient_norm = 1;                  ///< at most
  double caption_weight = 0.5;               ///< of the contrastive loss over the batch's captions
  double label_weight = 1;                   ///< of the cross-entropy over all labels, where pictures show one
  double point_weight = 3;                   ///< of the places of points, read from the class token by a linear layer
  std::int64_t whitening_images = 512;       ///< first filters are made from so many pictures
  std::int64_t used_positions = 32;          ///< of texts; later ones stay zero
  Arithmetic arithmetic = Arithmetic::fp32;  ///< of the image tower, fp32 or bf16; the text tower stays in float32
  int workers = 1;                           ///< threads that make pictures; change no result
};

/// A ViT and a text transformer that train on two cores within the hour: images of 64 pixels, 4 + 2 layers.
VIFI_API ClipConfig small_clip();

struct PretrainingReport {
  std::int64_t step = 0, steps = 0;  ///< done, all
  double loss = 0, caption_loss = 0, label_loss = 0, point_loss = 0;
  double label_accuracy = 0;  ///< percent of the batch's labelled pictures
  double lr = 0;
  double images_per_second = 0;  ///< since the run began
  double seconds_left = 0;
};

/// Contrastive pretraining (Radford et al. 2021) with two helpers that let a small model learn from few pictures: all
/// labels as candidates in one wording a step, and places of points. One thread at a time.
class VIFI_API Pretrainer {
 public:
  /// @param source  outlives this
  /// @param config  vocabulary and image size are taken from CLIP's tokenizer and from the source
  /// @throws Error(invalid_argument)
  Pretrainer(const CaptionedImages& source, ClipConfig config, const PretrainingOptions& options);

  /// Takes the steps that are left. @param stop  asked before each; may be empty
  /// @return the steps taken so far reach the end
  /// @throws Error(internal) where the loss is not a number
  bool run(const std::function<void(const PretrainingReport&)>& on_step, const std::function<bool()>& stop = {});

  std::int64_t step() const noexcept { return step_; }

  /// All that `resume` needs.
  TorchDict state() const;
  /// @throws Error(corrupt, invalid_argument) where it is none, or of other options
  void resume(const TorchValue& state, const std::string& path);

  /// The model of this moment under OpenAI's names, with CLIP's whole token table.
  ClipWeights weights() const;

 private:
  struct Losses;

  at::Tensor label_rows(std::int64_t step) const;
  Losses losses(const ImageBatch& batch) const;
  PretrainingReport take_step(const ImageBatch& batch);

  const CaptionedImages& source_;
  PretrainingOptions options_;
  TokenRows tokens_;
  TrainedClip clip_;
  at::Tensor point_weight_, point_bias_;  // [coordinates, W], [coordinates]
  std::vector<at::Tensor> label_rows_;    // of each wording: [K, L]
  std::vector<Parameter> parameters_;
  AdamW optimizer_;
  CosineSchedule schedule_;
  std::int64_t step_ = 0;
};

}  // namespace vifi::train
