#pragma once

#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "config/config.h"
#include "methods/method.h"
#include "methods/training.h"
#include "vifi/export.h"
#include "vifi/labels.h"

namespace vifi::train {

/// DATA.LABEL_LIST, checked against DATA.NUM_CLASSES. @throws Error
VIFI_API LabelSet classes_of(const Config& config);

/// The model that a training starts from: MODEL.PRETRAINED, a checkpoint or bundle.
/// @param input_size  DATA.INPUT_SIZE must be the model's
/// @param device  where its parameters lie
/// @throws Error, WeightsError
VIFI_API std::unique_ptr<Trainable> trainable_of(const Config& config, at::Device device = at::kCPU);

/// The model that is evaluated: MODEL.RESUME where it is set, with what it lacks from MODEL.PRETRAINED.
/// @throws Error, WeightsError
VIFI_API std::unique_ptr<Method> tested_model(const Config& config, at::Device device = at::kCPU);

/// How frames of a test become the model's images: in the reference's way, and with DATA.MODEL_PREPROCESS as the model
/// says. @param model  `tested_model` of the configuration
VIFI_API PreprocessSpec tested_preprocess(const Config& config, const Method& model);

/// The sentences for names that the configuration asks for where what it starts from is tested as it is (no
/// MODEL.RESUME): "{}" with ZS_EVAL. Empty: the model's own, which fine-tuned weights always have.
/// @param model  `tested_model` of the configuration
/// @throws Error, WeightsError
VIFI_API std::vector<std::string> tested_templates(const Config& config, const Method& model);

}  // namespace vifi::train
