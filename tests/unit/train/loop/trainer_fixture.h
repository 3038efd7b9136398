#pragma once

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include "loop/trainer.h"
#include "protocols/start.h"
#include "weights/torch_archive.h"

namespace vifi::train {

/// Noise in three classes, drawn by the loader's own keys.
class NoiseClips final : public ClipSource {
 public:
  explicit NoiseClips(std::size_t samples) : samples_(samples) {}
  std::size_t size() const override { return samples_; }
  std::array<std::int64_t, 4> shape() const override { return {2, 3, 64, 64}; }
  std::int64_t label(std::size_t sample) const override { return static_cast<std::int64_t>(sample % 3); }
  std::string name(std::size_t sample) const override { return "noise " + std::to_string(sample); }
  std::unique_ptr<ClipReader> reader() const override {
    struct Reader final : ClipReader {
      void read(std::size_t, Random& random, std::span<float> images) override {
        for (float& value : images)
          value = static_cast<float>(2 * random.uniform() - 1);
      }
    };
    return std::make_unique<Reader>();
  }

 private:
  std::size_t samples_;
};

class TrainerTest : public testing::Test {
 protected:
  TrainerTest() {
    std::string name = (std::filesystem::temp_directory_path() / "vifi-trainer-XXXXXX").string();
    folder_ = mkdtemp(name.data());
    config_.set("MODEL.PRETRAINED", std::getenv("VIFI_DEFAULT_MODEL"), "test");
    config_.set("DATA.INPUT_SIZE", 64, "test");
    config_.set("TRAIN.EPOCHS", 2, "test");
    config_.set("TRAIN.WARMUP_EPOCHS", 0, "test");
    config_.set("TRAIN.LR", 1e-4, "test");
    config_.set("TRAIN.BATCH_SIZE", 2, "test");
    config_.set("TRAIN.ACCUMULATION_STEPS", 2, "test");
  }
  ~TrainerTest() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  TrainingEnd train(const std::string& run, const TrainerOptions& options = {}, const TrainerCalls& calls = {}) {
    const auto model = trainable_of(config_, device_);
    const RunFolder folder(path(run));
    Trainer trainer(*model, labels_, std::make_shared<NoiseClips>(12), config_, options, &folder);
    return trainer.run(calls);
  }

  /// An entry of a checkpoint: "model", "optimizer".
  static TorchDict entry(const std::string& file, const char* name) {
    return *read_torch_value(file).as<TorchDict>()->find(name)->as<TorchDict>();
  }
  static TorchDict weights(const std::string& file) { return entry(file, "model"); }

  static double largest_difference(const TorchDict& one, const TorchDict& other) {
    double largest = one.items.size() == other.items.size() ? 0 : 1e9;
    for (const auto& [name, value] : one.items) {
      const at::Tensor delta = *value.as<at::Tensor>() - *other.find(*name.as<std::string>())->as<at::Tensor>();
      largest = std::max(largest, delta.abs().max().item<double>());
    }
    return largest;
  }

  std::filesystem::path folder_;
  Config config_;
  at::Device device_ = at::kCPU;
  LabelSet labels_ = make_label_set({"walking", "running", "sitting"});
};

}  // namespace vifi::train
