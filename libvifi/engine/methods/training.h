#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>
#include <nlohmann/json.hpp>

#include "export.h"
#include "methods/method.h"
#include "methods/prompt_rule.h"
#include "weights/torch_value.h"

namespace vifi {

/// A parameter as the authors' code lists it.
struct Parameter {
  std::string name;       ///< the authors', without wrapper: "image_encoder.proj"
  at::Tensor value{};     ///< float32 leaf; requires_grad() where it is trained
  std::size_t group = 0;  ///< of TrainingRecipe::groups
};

/// Parameters that share factors on the learning rate and on the weight decay.
struct ParameterGroup {
  double lr_factor = 1;
  double weight_decay_factor = 1;
};

/// How batches are mixed and targets softened.
struct TargetRecipe {
  double mixup_alpha = 0;   ///< of Beta(a, a); 0: no MixUp
  double cutmix_alpha = 0;  ///< of Beta(a, a); 0: no CutMix
  double cutmix_share = 0.5;
  double smoothing = 0;
};

/// How the frames of a training clip are changed.
struct AugmentationRecipe {
  double color_jitter = 0;  ///< probability, per clip
  double gray = 0;          ///< probability, per clip
  double flip = 0.5;        ///< probability, per clip
  bool random_crop = true;  ///< else the middle square, as in tests
};

/// Everything that a method wants of a training. Data: the trainer follows it and knows no method.
struct TrainingRecipe {
  std::vector<ParameterGroup> groups{1};
  double beta1 = 0.9, beta2 = 0.98, eps = 1e-8;  ///< AdamW
  double weight_decay = 0;
  double lr = 0;                     ///< before factors
  std::int64_t epochs = 0, warmup_epochs = 0;
  std::string schedule = "cosine";
  TargetRecipe targets;
  AugmentationRecipe augmentation;
  PreprocessSpec preprocess;              ///< of test frames; of training frames its statistics, and without random
                                          ///< crops all of it, in 8-bit pixels
  PromptRule prompts;                     ///< sentences for names
  std::int64_t context_length = 77;
  bool text_trained = true;               ///< false: the text features of a run never change
};

/// A method in training: its parameters, and how they turn a batch into logits. One thread at a time.
class VIFI_ENGINE_API Trainable {
 public:
  virtual ~Trainable();

  virtual const TrainingRecipe& recipe() const = 0;
  /// All parameters, also frozen ones, in the authors' order, which numbers an optimizer's state.
  virtual const std::vector<Parameter>& parameters() const = 0;
  /// Where the parameters lie, and where clips must.
  at::Device device() const { return parameters().front().value.device(); }

  /// @param ids  [K, L], int64, on the processor, from the recipe's templates
  /// @return     [K, E], L2-normalised; with a graph where the text side is trained
  virtual at::Tensor text_features(const at::Tensor& ids) = 0;
  /// @param clips  [B, T, 3, H, W], normalised
  /// @param text   [K, E]
  /// @return       [B, K]
  virtual at::Tensor logits(const at::Tensor& clips, const at::Tensor& text) = 0;

  /// The model with the weights of this moment, for evaluation. @param options  as for `create_method`
  virtual std::unique_ptr<Method> snapshot(const TowerOptions& options) const = 0;

  /// What the entry "model" of a checkpoint holds: parameters and buffers, the authors' names (with their wrapper's
  /// prefix), order and shapes. Tensors share memory with the parameters.
  /// @param ids  [K, L], of the classes trained on
  virtual TorchDict model_state(const at::Tensor& ids) const = 0;
  /// Takes the weights of such an entry, by name; what either side lacks is left as it is (the reference loads without
  /// strictness). @return names that the entry lacks. @throws WeightsError(shape_mismatch)
  virtual std::vector<std::string> load_model_state(const TorchDict& model) = 0;
};

/// @param name    the method's; empty: found from the weights
/// @param source  where the training starts
/// @param config  the whole configuration (the reference's keys); each method reads its own section of TRAINER
/// @param seed    of parameters that start at random
/// @return        on the device of the innermost `BuildOn` (clip/tensors.h), else the processor
/// @throws Error, WeightsError; Error(unsupported) where the method cannot be trained
VIFI_ENGINE_API std::unique_ptr<Trainable> create_trainable(std::string_view name, const MethodSource& source,
                                                            const nlohmann::json& config, std::uint64_t seed);

}  // namespace vifi
