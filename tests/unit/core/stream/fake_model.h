#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "vifi/model.h"
#include "vifi/recogniser.h"

namespace vifi::testing {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kMillisecond = 1'000'000;

/// Features are zeros: the fake does not look at them.
class FakeBank : public LabelBank {
 public:
  FakeBank(LabelSet labels, std::int64_t embed_dim)
      : labels_(std::move(labels)), features_(labels_.labels.size() * static_cast<std::size_t>(embed_dim)) {}
  const LabelSet& labels() const override { return labels_; }
  std::span<const float> features() const override { return features_; }

 private:
  LabelSet labels_;
  std::vector<float> features_;
};

/// A model without weights. A frame's state is its first pixel; a window's logits are what `logits` says of its states.
/// It writes down what it was asked; tests read that while the model is idle.
class FakeModel : public Model {
 public:
  using Logits = std::function<std::vector<float>(std::span<const float> states, std::size_t labels)>;

  explicit FakeModel(ModelInfo info = fake_info()) : info_(std::move(info)) {}

  static ModelInfo fake_info() {
    ModelInfo info;
    info.name = "fake";
    info.method = "fake";
    info.device = "cpu";
    info.state_size = 1;
    info.embed_dim = 2;
    info.preprocess.size = 8;
    return info;
  }

  const ModelInfo& info() const override { return info_; }

  void encode(std::span<const PreparedFrame> frames, std::span<float> states) override {
    if (on_encode) {
      on_encode(frames);
    }
    std::transform(frames.begin(), frames.end(), states.begin(), [](const auto& frame) { return frame.pixels.at(0); });
    std::lock_guard lock(mutex_);
    batches_.push_back(frames.size());
  }

  std::shared_ptr<const LabelBank> embed(const LabelSet& labels, const Progress& progress) override {
    if (on_embed) {
      on_embed();
    }
    for (std::size_t i = 0; i < labels.labels.size(); ++i) {
      progress(i, labels.labels.size());
    }
    std::lock_guard lock(mutex_);
    ++embeds_;
    return std::make_shared<FakeBank>(labels, info_.embed_dim);
  }

  void score(std::span<const float> states, int frames, const LabelBank& bank, std::span<float> out) override {
    const std::size_t count = bank.labels().labels.size();
    const auto length = static_cast<std::size_t>(frames);
    for (std::size_t w = 0; w * length < states.size(); ++w) {
      const auto window = states.subspan(w * length, length);
      const std::vector<float> values = logits(window, count);
      std::copy(values.begin(), values.end(), out.begin() + static_cast<std::ptrdiff_t>(w * count));
      std::lock_guard lock(mutex_);
      windows_.emplace_back(window.begin(), window.end());
    }
  }

  void pool(std::span<const float>, int, std::span<float>) override {}

  std::vector<std::vector<float>> windows() const {
    std::lock_guard lock(mutex_);
    return windows_;
  }
  std::vector<std::size_t> batches() const {
    std::lock_guard lock(mutex_);
    return batches_;
  }
  int embeds() const {
    std::lock_guard lock(mutex_);
    return embeds_;
  }

  /// Set before the model runs. They may throw, or wait.
  Logits logits = [](std::span<const float>, std::size_t labels) { return std::vector<float>(labels); };
  std::function<void(std::span<const PreparedFrame>)> on_encode;
  std::function<void()> on_embed;

 private:
  ModelInfo info_;
  mutable std::mutex mutex_;  // protects what follows
  std::vector<std::vector<float>> windows_;
  std::vector<std::size_t> batches_;
  int embeds_ = 0;
};

inline std::shared_ptr<const LabelBank> fake_bank(const std::vector<std::string>& names,
                                                  const std::vector<std::string>& backgrounds = {}) {
  LabelSet labels = make_label_set(names);
  labels.add_backgrounds(backgrounds);
  return std::make_shared<FakeBank>(labels, FakeModel::fake_info().embed_dim);
}

/// A frame of which nothing but its time and its number matters; the number travels as its running time.
inline FrameView numbered_frame(std::int64_t number, std::int64_t pts_ns) {
  FrameView frame;
  frame.pts_ns = pts_ns;
  frame.tag.running_ns = number;
  return frame;
}

/// The frame's number as its only pixel, so that it becomes the frame's state.
inline void prepare_number(const FrameView& frame, PreparedFrame& out) {
  out.size = 1;
  out.pixels = {static_cast<float>(frame.tag.running_ns)};
}

}  // namespace vifi::testing
