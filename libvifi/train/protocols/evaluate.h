#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include <ATen/core/Tensor.h>

#include "data/loader.h"
#include "methods/method.h"
#include "protocols/metrics.h"
#include "vifi/export.h"
#include "vifi/labels.h"

namespace vifi::train {

/// What became of one sample.
struct Judged {
  std::int64_t sample = 0;                 ///< number in the source
  std::int64_t label = 0;
  std::vector<std::int64_t> best{};          ///< up to five classes, best first
  float score = 0;                         ///< of the best, 0..1
};

struct Evaluation {
  Accuracy accuracy;
  std::vector<Judged> samples;
};

/// @param done, total  samples
using EvaluationProgress = std::function<void(std::int64_t done, std::int64_t total)>;

/// Scores every sample that the loader gives. A sample's views are scored one by one, and their softmaxes added.
/// @param loader    unshuffled, keeping the last batch; its epoch is begun here
/// @param samples   of the loader's source, for progress
/// @param frames    T of one view
/// @param text      [K, E], L2-normalised, on the model's device
/// @throws Error(invalid_argument) where clips or labels do not fit
VIFI_API Evaluation evaluate(Method& model, Loader& loader, std::int64_t samples, std::int64_t frames,
                             const at::Tensor& text, const EvaluationProgress& progress = {});

/// Text features of a label set as streams compute them. @return [K, E], L2-normalised, on the processor
VIFI_API at::Tensor label_features(Method& model, const LabelSet& labels);

}  // namespace vifi::train
