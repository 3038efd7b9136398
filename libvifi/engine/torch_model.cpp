#include "torch_model.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <c10/core/InferenceMode.h>

#include "torch_errors.h"
#include "vifi/error.h"

namespace vifi {
namespace {

constexpr std::size_t kFramesPerPass = 32;  // more gain nothing on a CPU and cost memory

at::Tensor borrowed(std::span<const float> values, at::IntArrayRef sizes) {
  return at::from_blob(const_cast<float*>(values.data()), sizes, at::kFloat);  // libtorch has no read-only tensors
}

class Bank final : public LabelBank {
 public:
  Bank(std::string model, LabelSet labels, std::vector<float> features, at::Device device)
      : model_(std::move(model)), labels_(std::move(labels)), features_(std::move(features)) {
    const auto count = static_cast<std::int64_t>(labels_.labels.size());
    text_ = borrowed(features_, {count, static_cast<std::int64_t>(features_.size()) / count}).to(device);
  }

  const LabelSet& labels() const override { return labels_; }
  std::span<const float> features() const override { return features_; }
  const std::string& model() const { return model_; }
  const at::Tensor& text() const { return text_; }  // [L, E], on the model's device

 private:
  std::string model_;
  LabelSet labels_;
  std::vector<float> features_;
  at::Tensor text_;
};

[[noreturn]] void refuse(const char* operation, const std::string& what, std::size_t expected, std::size_t got) {
  throw Error(ErrorCode::invalid_argument, "[" + std::string(operation) + "] " + what + ": expected " +
                                               std::to_string(expected) + " values, got " + std::to_string(got));
}

void copy_out(const at::Tensor& from, std::span<float> to) {
  const at::Tensor values = from.to(at::kCPU).contiguous();  // waits for a GPU
  std::copy_n(values.const_data_ptr<float>(), to.size(), to.data());
}

/// float16 ends at 65504: weights that were trained in another type may leave it.
void check_range(std::span<const float> states, const ModelInfo& info) {
  if (info.precision == Precision::fp16 &&
      !std::all_of(states.begin(), states.end(), [](float value) { return std::isfinite(value); })) {
    throw Error(ErrorCode::unsupported, "[encode frames] " + info.name + ": its values leave the range of fp16",
                "use precision=bf16 or precision=fp32");
  }
}

}  // namespace

TorchModel::TorchModel(ModelInfo info, std::unique_ptr<Method> method, std::shared_ptr<const Tokenizer> tokenizer,
                       const Placement& placement)
    : info_(std::move(info)),
      method_(std::move(method)),
      prompts_(*method_, std::move(tokenizer)),
      placement_(placement) {}

void TorchModel::use_threads() const {
  if (at::get_num_threads() != placement_.threads) {  // belongs to the calling thread
    at::set_num_threads(placement_.threads);
  }
}

void TorchModel::encode(std::span<const PreparedFrame> frames, std::span<float> states) {
  guarded("encode frames", [&] {
    const auto side = static_cast<std::size_t>(info_.preprocess.size), pixels = 3 * side * side;
    const auto state = static_cast<std::size_t>(info_.state_size);
    if (states.size() != frames.size() * state) {
      refuse("encode frames", "states", frames.size() * state, states.size());
    }
    for (const PreparedFrame& frame : frames) {
      if (frame.pixels.size() != pixels) {
        refuse("encode frames", "a frame of side " + std::to_string(side), pixels, frame.pixels.size());
      }
    }
    const c10::InferenceMode inference;
    const PooledScope pooled(buffers_);
    use_threads();
    for (std::size_t first = 0; first < frames.size(); first += kFramesPerPass) {
      const auto part = frames.subspan(first, std::min(kFramesPerPass, frames.size() - first));
      const std::span<float> out = states.subspan(first * state, part.size() * state);
      copy_out(method_->encode_frames(images_of(part)), out);
      check_range(out, info_);
    }
  });
}

at::Tensor TorchModel::images_of(std::span<const PreparedFrame> frames) const {
  const std::int64_t count = static_cast<std::int64_t>(frames.size()), side = info_.preprocess.size;
  const std::size_t pixels = frames.front().pixels.size();
  if (placement_.place.is_cpu()) {
    at::Tensor images = at::empty({count, 3, side, side}, at::kFloat);
    for (std::size_t i = 0; i < frames.size(); ++i) {
      std::copy_n(frames[i].pixels.data(), pixels, images.mutable_data_ptr<float>() + i * pixels);
    }
    return images;
  }
  // Pinned memory, which the copy engine reads by itself; in the encoder's own type, so that half as much crosses.
  at::Tensor staging = at::empty({count, 3, side, side}, at::TensorOptions().dtype(placement_.dtype).pinned_memory(true));
  for (std::size_t i = 0; i < frames.size(); ++i) {
    staging[static_cast<std::int64_t>(i)].copy_(borrowed(frames[i].pixels, {3, side, side}));
  }
  return staging.to(placement_.place, /*non_blocking=*/true);  // libtorch keeps the memory until the copy is done
}

std::shared_ptr<const LabelBank> TorchModel::embed(const LabelSet& labels, const Progress& progress) {
  return guarded("embed labels", [&]() -> std::shared_ptr<const LabelBank> {
    labels.validate();
    use_threads();
    const auto& templates = labels.templates.empty() ? info_.templates : labels.templates;
    return std::make_shared<Bank>(info_.path, labels, prompts_.of(labels, templates, progress), placement_.place);
  });
}

at::Tensor TorchModel::windows_of(std::span<const float> states, int frames, const char* operation) const {
  const std::size_t window = static_cast<std::size_t>(std::max(frames, 0)) * static_cast<std::size_t>(info_.state_size);
  if (window == 0 || states.size() % window != 0) {
    throw Error(ErrorCode::invalid_argument, "[" + std::string(operation) + "] states: expected windows of " +
                                                 std::to_string(frames) + " x " + std::to_string(info_.state_size) +
                                                 " values, got " + std::to_string(states.size()) + " values");
  }
  return borrowed(states, {static_cast<std::int64_t>(states.size() / window), frames, info_.state_size})
      .to(placement_.place);
}

void TorchModel::score(std::span<const float> states, int frames, const LabelBank& bank, std::span<float> logits) {
  guarded("score", [&] {
    const auto* own = dynamic_cast<const Bank*>(&bank);
    const auto embed_dim = static_cast<std::size_t>(info_.embed_dim);
    const std::size_t labels = bank.labels().labels.size();
    if (!own || own->model() != info_.path || bank.features().size() != labels * embed_dim) {
      throw Error(ErrorCode::invalid_argument, "[score] label bank: it was not made by " + info_.path,
                  "embed the labels with the model that scores");
    }
    const c10::InferenceMode inference;
    use_threads();
    const at::Tensor windows = windows_of(states, frames, "score");  // [W, T, state]
    const auto count = static_cast<std::size_t>(windows.size(0));
    if (logits.size() != count * labels) {
      refuse("score", "logits", count * labels, logits.size());
    }
    copy_out(method_->logits(windows, own->text()), logits);
  });
}

void TorchModel::pool(std::span<const float> states, int frames, std::span<float> embeddings) {
  guarded("pool", [&] {
    const c10::InferenceMode inference;
    use_threads();
    const at::Tensor windows = windows_of(states, frames, "pool");
    const std::size_t expected = static_cast<std::size_t>(windows.size(0) * info_.embed_dim);
    if (embeddings.size() != expected) {
      refuse("pool", "embeddings", expected, embeddings.size());
    }
    copy_out(method_->pool(windows), embeddings);
  });
}

}  // namespace vifi
