#include "loop/weight_space.h"

#include <utility>

#include <ATen/TensorOperators.h>

#include "vifi/error.h"
#include "weights/torch_archive.h"

namespace vifi::train {
namespace {

[[noreturn]] void refuse(const std::string& path, const std::string& what) {
  throw Error(ErrorCode::invalid_argument, "[mix weights] " + path + ": " + what,
              "take checkpoints of one model and one training");
}

TorchDict model_of(const std::string& path) {
  TorchValue root = read_torch_value(path);
  const auto* dict = root.as<TorchDict>();
  const TorchValue* model = dict == nullptr ? nullptr : dict->find("model");
  if (model == nullptr || model->as<TorchDict>() == nullptr) {
    refuse(path, "it has no entry \"model\"");
  }
  return *model->as<TorchDict>();
}

}  // namespace

TorchDict averaged_model(std::span<const std::string> checkpoints) {
  if (checkpoints.empty()) {
    throw Error(ErrorCode::invalid_argument, "[mix weights] no checkpoints to average");
  }
  TorchDict mean = model_of(checkpoints.front());
  for (auto& [name, value] : mean.items) {
    if (const auto* tensor = value.as<at::Tensor>()) {
      value = tensor->to(at::kDouble) / static_cast<double>(checkpoints.size());
    }
  }
  for (const std::string& path : checkpoints.subspan(1)) {
    const TorchDict other = model_of(path);
    for (auto& [name, value] : mean.items) {
      const auto* sum = value.as<at::Tensor>();
      const TorchValue* match = name.as<std::string>() == nullptr ? nullptr : other.find(*name.as<std::string>());
      const auto* tensor = match == nullptr ? nullptr : match->as<at::Tensor>();
      if (sum == nullptr) {
        continue;
      }
      if (tensor == nullptr || tensor->sizes() != sum->sizes()) {
        refuse(path, "its weights do not fit those of " + checkpoints.front());
      }
      value = *sum + tensor->to(at::kDouble) / static_cast<double>(checkpoints.size());
    }
  }
  for (auto& [name, value] : mean.items) {
    if (const auto* tensor = value.as<at::Tensor>()) {
      value = tensor->to(at::kFloat);
    }
  }
  return mean;
}

}  // namespace vifi::train
