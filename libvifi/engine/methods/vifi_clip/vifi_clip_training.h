#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "methods/training.h"
#include "methods/vifi_clip/vifi_clip.h"

namespace vifi {

/// ViFi-CLIP in training: fine-tuned (both towers or one of them), or frozen with learned prompts. The forward pass is
/// the towers' own, made anew over the parameters for each step, so that all they derive belongs to that step's graph.
class ViFiClipTraining final : public Trainable {
 public:
  /// @param config  the keys of the reference's configuration
  ViFiClipTraining(ClipWeights weights, const nlohmann::json& config, std::uint64_t seed);

  const TrainingRecipe& recipe() const override { return recipe_; }
  const std::vector<Parameter>& parameters() const override { return parameters_; }
  at::Tensor text_features(const at::Tensor& ids) override;
  at::Tensor logits(const at::Tensor& clips, const at::Tensor& text) override;
  std::unique_ptr<Method> snapshot(const TowerOptions& options) const override;
  TorchDict model_state(const at::Tensor& ids) const override;
  std::vector<std::string> load_model_state(const TorchDict& model) override;

 private:
  /// The model as it is run, over the parameters themselves.
  ViFiClip over_parameters() const;
  at::Tensor& tensor(const std::string& canonical);

  ClipWeights weights_;  // whose tensors the parameters are
  bool recompute_ = false;
  TrainingRecipe recipe_;
  std::vector<Parameter> parameters_;
};

std::unique_ptr<Trainable> train_vifi_clip(const MethodSource& source, const nlohmann::json& config, std::uint64_t seed);

}  // namespace vifi
