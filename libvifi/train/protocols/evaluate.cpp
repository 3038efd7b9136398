#include "protocols/evaluate.h"

#include <algorithm>
#include <string>
#include <utility>

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <c10/core/InferenceMode.h>

#include "train_access.h"
#include "vifi/error.h"

namespace vifi::train {
namespace {

void judge(const at::Tensor& logits, const Batch& batch, std::int64_t views, Evaluation& evaluation) {
  const at::Tensor rows = logits.to(at::kCPU).contiguous();  // [B * V, K]
  const auto classes = static_cast<std::size_t>(rows.size(1)), view_count = static_cast<std::size_t>(views);
  const std::span<const float> values(rows.const_data_ptr<float>(), static_cast<std::size_t>(rows.numel()));
  for (std::size_t i = 0; i < batch.labels.size(); ++i) {
    const std::vector<float> scores =
        view_scores(values.subspan(i * view_count * classes, view_count * classes), rows.size(1));
    evaluation.accuracy.add(scores, batch.labels[i]);
    Judged judged{.sample = batch.samples[i], .label = batch.labels[i], .best = ranking(scores, 5)};
    judged.score = scores[static_cast<std::size_t>(judged.best.front())] / static_cast<float>(views);
    evaluation.samples.push_back(std::move(judged));
  }
}

}  // namespace

Evaluation evaluate(Method& model, Loader& loader, std::int64_t samples, std::int64_t frames, const at::Tensor& text,
                    const EvaluationProgress& progress) {
  const c10::InferenceMode inference;
  Evaluation evaluation{.accuracy = Accuracy(text.size(0)), .samples = {}};
  loader.begin(0);
  std::int64_t done = 0;
  while (std::optional<Batch> batch = loader.next()) {
    const auto [count, all_frames, channels, height, width] = batch->shape;
    if (frames < 1 || all_frames % frames != 0) {
      throw Error(ErrorCode::invalid_argument, "[evaluate] " + std::to_string(all_frames) + " frames a sample: expected views of " +
                                                   std::to_string(frames));
    }
    if (count > 0) {
      const std::int64_t views = all_frames / frames;
      const at::Tensor images = at::from_blob(batch->images.data(), {count * all_frames, channels, height, width}, at::kFloat);
      const at::Tensor states = model.encode_frames(images.to(text.device())).view({count * views, frames, -1});
      judge(model.logits(states, text), *batch, views, evaluation);
    }
    done += count;
    if (progress) {
      progress(done, samples);
    }
    loader.recycle(std::move(*batch));
  }
  return evaluation;
}

at::Tensor label_features(Method& model, const LabelSet& labels) {
  const std::vector<float> values = label_set_features(model, labels);
  at::Tensor text = at::empty({std::ssize(labels.labels), model.info().embed_dim}, at::TensorOptions().dtype(at::kFloat));
  std::copy(values.begin(), values.end(), text.mutable_data_ptr<float>());
  return text;
}

}  // namespace vifi::train
