#include "torch_model.h"

#include <algorithm>
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

class Bank final : public LabelBank {
 public:
  Bank(std::string model, LabelSet labels, std::vector<float> features)
      : model_(std::move(model)), labels_(std::move(labels)), features_(std::move(features)) {}

  const LabelSet& labels() const override { return labels_; }
  std::span<const float> features() const override { return features_; }
  const std::string& model() const { return model_; }

 private:
  std::string model_;
  LabelSet labels_;
  std::vector<float> features_;
};

[[noreturn]] void refuse(const char* operation, const std::string& what, std::size_t expected, std::size_t got) {
  throw Error(ErrorCode::invalid_argument, "[" + std::string(operation) + "] " + what + ": expected " +
                                               std::to_string(expected) + " values, got " + std::to_string(got));
}

void copy_out(const at::Tensor& from, std::span<float> to) {
  const at::Tensor values = from.contiguous();
  std::copy_n(values.const_data_ptr<float>(), to.size(), to.data());
}

at::Tensor borrowed(std::span<const float> values, at::IntArrayRef sizes) {
  return at::from_blob(const_cast<float*>(values.data()), sizes, at::kFloat);  // libtorch has no read-only tensors
}

}  // namespace

TorchModel::TorchModel(ModelInfo info, std::unique_ptr<Method> method, std::shared_ptr<const Tokenizer> tokenizer,
                       int threads)
    : info_(std::move(info)), method_(std::move(method)), prompts_(*method_, std::move(tokenizer)), threads_(threads) {}

void TorchModel::use_threads() const {
  if (at::get_num_threads() != threads_) {  // belongs to the calling thread
    at::set_num_threads(threads_);
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
      const auto count = static_cast<std::int64_t>(part.size()), length = static_cast<std::int64_t>(side);
      at::Tensor images = at::empty({count, 3, length, length}, at::kFloat);
      for (std::size_t i = 0; i < part.size(); ++i) {
        std::copy_n(part[i].pixels.data(), pixels, images.mutable_data_ptr<float>() + i * pixels);
      }
      copy_out(method_->encode_frames(images), states.subspan(first * state, part.size() * state));
    }
  });
}

std::shared_ptr<const LabelBank> TorchModel::embed(const LabelSet& labels, const Progress& progress) {
  return guarded("embed labels", [&]() -> std::shared_ptr<const LabelBank> {
    labels.validate();
    use_threads();
    const auto& templates = labels.templates.empty() ? info_.templates : labels.templates;
    return std::make_shared<Bank>(info_.path, labels, prompts_.of(labels, templates, progress));
  });
}

at::Tensor TorchModel::windows_of(std::span<const float> states, int frames, const char* operation) const {
  const std::size_t window = static_cast<std::size_t>(std::max(frames, 0)) * static_cast<std::size_t>(info_.state_size);
  if (window == 0 || states.size() % window != 0) {
    throw Error(ErrorCode::invalid_argument, "[" + std::string(operation) + "] states: expected windows of " +
                                                 std::to_string(frames) + " x " + std::to_string(info_.state_size) +
                                                 " values, got " + std::to_string(states.size()) + " values");
  }
  return borrowed(states, {static_cast<std::int64_t>(states.size() / window), frames, info_.state_size});
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
    const at::Tensor text = borrowed(bank.features(), {static_cast<std::int64_t>(labels), info_.embed_dim});
    copy_out(method_->logits(windows, text), logits);
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
