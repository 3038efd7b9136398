#include "fake_engine.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <thread>

#include "vifi/engine.h"
#include "vifi/error.h"

namespace vifi::testing {
namespace {

constexpr std::size_t kLongestName = 70;

FakeControl& control() {
  static FakeControl instance;
  return instance;
}

class FakeBank : public LabelBank {
 public:
  explicit FakeBank(const LabelSet& labels) : labels_(labels), features_(labels.labels.size(), 1.0F) {}
  const LabelSet& labels() const override { return labels_; }
  std::span<const float> features() const override { return features_; }

 private:
  LabelSet labels_;
  std::vector<float> features_;  // [L, 1]
};

float level_of(const std::string& name) {
  if (name.starts_with("level ")) return std::stof(name.substr(6));
  return name == "dark" ? 0.0F : 1.0F;
}

class FakeModel : public Model {
 public:
  explicit FakeModel(const ModelOptions& options) {
    info_.name = "fake";
    info_.method = "fake";
    info_.path = options.path;
    info_.device = "cpu";
    info_.preprocess.size = 8;
    info_.preprocess.interpolation = Interpolation::bilinear;
    info_.preprocess.rounding = Rounding::floating;
    info_.preprocess.mean = {0, 0, 0};
    info_.preprocess.std = {1, 1, 1};
    info_.state_size = 1;
    info_.embed_dim = 1;
    info_.frames = 4;
    info_.window_ns = 1'000'000'000;
    info_.hop_ns = 500'000'000;
    info_.logit_scale = 1;
    if (options.path.find("nolabels") == std::string::npos) info_.labels = make_label_set({"dark", "bright"});
    std::lock_guard lock(control().mutex);
    ++control().loads;
    ++control().models;
  }

  ~FakeModel() override {
    std::lock_guard lock(control().mutex);
    --control().models;
  }

  const ModelInfo& info() const override { return info_; }

  void encode(std::span<const PreparedFrame> frames, std::span<float> states) override {
    std::unique_lock lock(control().mutex);
    wait_while(lock, control().hold_encoder);
    fail_with(control().encode_error, ErrorCode::device_unavailable);
    for (std::size_t i = 0; i < frames.size(); ++i) {
      const auto& pixels = frames[i].pixels;
      states[i] = std::accumulate(pixels.begin(), pixels.end(), 0.0F) / static_cast<float>(pixels.size());
    }
    control().encoded += static_cast<int>(frames.size());
    const auto takes = control().encode_time;
    lock.unlock();
    control().changed.notify_all();
    if (takes.count() > 0) std::this_thread::sleep_for(takes);  // the work that is being played
  }

  std::shared_ptr<const LabelBank> embed(const LabelSet& labels, const Progress& progress) override {
    for (std::size_t i = 0; i < labels.labels.size(); ++i) {
      if (labels.labels[i].name.size() > kLongestName) {
        throw Error(ErrorCode::invalid_argument, "[embed] label \"" + labels.labels[i].name + "\" is too long");
      }
      if (progress) progress(i, labels.labels.size());
      std::unique_lock lock(control().mutex);
      // A real model is busy here and calls back in between.
      while (control().hold_embedding) {
        ++control().waiting;
        control().changed.notify_all();
        control().changed.wait_for(lock, std::chrono::milliseconds(1));
        --control().waiting;
        lock.unlock();
        if (progress) progress(i, labels.labels.size());
        lock.lock();
      }
    }
    return std::make_shared<FakeBank>(labels);
  }

  void score(std::span<const float> states, int frames, const LabelBank& bank, std::span<float> logits) override {
    {
      std::lock_guard lock(control().mutex);
      fail_with(control().score_error, ErrorCode::internal);
    }
    const auto& labels = bank.labels().labels;
    const auto length = static_cast<std::size_t>(frames);
    for (std::size_t w = 0; w * length < states.size(); ++w) {
      const auto window = states.subspan(w * length, length);
      const float mean = std::accumulate(window.begin(), window.end(), 0.0F) / static_cast<float>(length);
      for (std::size_t l = 0; l < labels.size(); ++l) {
        const std::string& name = labels[l].name;
        logits[w * labels.size() + l] = name == "mean" ? mean : -20 * std::abs(mean - level_of(name));
      }
    }
  }

  void pool(std::span<const float>, int, std::span<float> embeddings) override {
    std::fill(embeddings.begin(), embeddings.end(), 1.0F);
  }

 private:
  static void fail_with(const std::string& error, ErrorCode code) {
    if (error.empty()) return;
    ++control().failed;
    control().changed.notify_all();
    throw Error(code, error);
  }

  static void wait_while(std::unique_lock<std::mutex>& lock, const bool& held) {
    ++control().waiting;
    control().changed.notify_all();
    control().changed.wait(lock, [&] { return !held; });
    --control().waiting;
  }

  ModelInfo info_;
};

class FakeEngine : public Engine {
 public:
  EngineInfo info() override { return {}; }
  std::shared_ptr<Model> load_model(const ModelOptions& options) override {
    if (options.path.find("corrupt") != std::string::npos) {
      throw Error(ErrorCode::corrupt, "[load checkpoint] " + options.path + " is damaged");
    }
    if (options.device != "auto" && options.device != "cpu") {
      throw Error(ErrorCode::device_unavailable, "[load model] device " + options.device + " is not there");
    }
    return std::make_shared<FakeModel>(options);
  }
  ModelReport inspect(const std::string&) override { return {}; }
  ConvertReport convert(const ConvertOptions&) override { return {}; }
  BenchReport bench(const BenchOptions&) override { return {}; }
};

}  // namespace
}  // namespace vifi::testing

extern "C" {

VIFI_API vifi::Engine* vifi_engine_open(int) {
  static vifi::testing::FakeEngine engine;
  return &engine;
}

VIFI_API vifi::testing::FakeControl* vifi_fake_control() { return &vifi::testing::control(); }
}
