// Operations of training on tensors: mixing, losses, optimizer steps, weight interpolation.

#include "optim/losses.h"
#include "parity.h"
#include "torch_tensors.h"
#include "transforms/mixing.h"

namespace vifi::parity {
namespace {

Output mixup_cutmix(const Case& golden) {
  const auto& params = golden.params;
  train::MixingDraws draws;
  draws.cutmix = params.at("switch_draw").get<double>() < params.at("switch_prob").get<double>();
  draws.lambda = params.at("lambda").get<float>();
  draws.permutation = params.at("permutation").get<std::vector<std::int64_t>>();
  draws.centre_x = params.value("centre_x", std::int64_t{0});
  draws.centre_y = params.value("centre_y", std::int64_t{0});
  const train::MixedBatch mixed =
      train::mix(to_torch(golden.inputs.at("clips")), to_torch(golden.inputs.at("labels")),
                 params.at("num_classes").get<std::int64_t>(), params.at("smoothing").get<double>(), draws);
  Output output;
  output.tensors["clips"] = from_torch(mixed.clips);
  output.tensors["targets"] = from_torch(mixed.targets);
  output.values["kind"] = draws.cutmix ? "cutmix" : "mixup";
  if (draws.cutmix) {
    output.values["box"] = mixed.box;
  }
  return output;
}

Output loss(const Case& golden) {
  const at::Tensor logits = to_torch(golden.inputs.at("logits")).requires_grad_();
  const std::string kind = golden.params.at("kind").get<std::string>();
  const double smoothing = kind == "label_smoothing" ? golden.params.at("smoothing").get<double>() : 0.0;
  const at::Tensor targets =
      kind == "soft_target"
          ? to_torch(golden.inputs.at("targets"))
          : train::smoothed_targets(to_torch(golden.inputs.at("labels")), logits.size(1), smoothing);
  const at::Tensor value = train::soft_target_loss(logits, targets);
  value.backward();
  Output output;
  output.tensors["loss"] = from_torch(value.reshape({1}));
  output.tensors["grad"] = from_torch(logits.grad());
  return output;
}

}  // namespace

void register_train_steps_operations() {
  register_operation("mixup_cutmix", mixup_cutmix);
  register_operation("loss", loss);
}

}  // namespace vifi::parity
