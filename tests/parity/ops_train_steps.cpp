// Operations of training on tensors: mixing, losses, optimizer steps.

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>

#include "config/config.h"
#include "loop/stepper.h"
#include "loop/training_state.h"
#include "methods/training.h"
#include "optim/adamw.h"
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

/// The configuration that a case's parameters stand for.
nlohmann::json config_of(const nlohmann::json& params) {
  nlohmann::json config = train::Config().tree();
  const std::string mode = params.at("mode").get<std::string>();
  nlohmann::json& method = config["TRAINER"]["ViFi_CLIP"];
  method["PROMPT_MODEL"] = mode == "prompt";
  method["USE"] = mode == "prompt" ? "both" : mode;
  method["CTX_INIT"] = "";
  for (const auto& [key, param] : {std::pair{"N_CTX_TEXT", "n_ctx_text"}, {"N_CTX_VISION", "n_ctx_vision"},
                                   {"PROMPT_DEPTH_TEXT", "prompt_depth_text"}, {"PROMPT_DEPTH_VISION", "prompt_depth_vision"}}) {
    method[key] = params.value(param, 0);
  }
  for (const auto& [key, param] : {std::pair{"LR", "lr"}, {"WEIGHT_DECAY", "weight_decay"}, {"EPOCHS", "epochs"},
                                   {"WARMUP_EPOCHS", "warmup_epochs"}}) {
    config["TRAIN"][key] = params.at(param);
  }
  return config;
}

/// Without the key third of the attention's biases, whose gradient is rounding noise.
at::Tensor compared(const std::string& name, const at::Tensor& tensor) {
  const at::Tensor flat = tensor.detach().reshape({-1});
  if (!name.ends_with("attn.in_proj_bias")) {
    return flat;
  }
  const std::int64_t width = flat.numel() / 3;
  return at::cat({flat.narrow(0, 0, width), flat.narrow(0, 2 * width, width)});
}

/// mean, deviation, L2 norm, largest, first four, last four.
std::array<float, 12> digest(const at::Tensor& flat) {
  const at::Tensor values = flat.to(at::kDouble).contiguous();
  const std::span<const double> all(values.const_data_ptr<double>(), static_cast<std::size_t>(values.numel()));
  double sum = 0, squares = 0, largest = 0, spread = 0;
  for (const double value : all) {
    sum += value;
    squares += value * value;
    largest = std::max(largest, std::abs(value));
  }
  const double count = static_cast<double>(all.size()), mean = sum / count;
  for (const double value : all) {
    spread += (value - mean) * (value - mean);
  }
  std::array<float, 12> result{static_cast<float>(mean), static_cast<float>(std::sqrt(spread / count)),
                               static_cast<float>(std::sqrt(squares)), static_cast<float>(largest)};
  const std::size_t edge = std::min<std::size_t>(4, all.size());
  for (std::size_t i = 0; i < edge; ++i) {
    result[4 + i] = static_cast<float>(all[i]);
    result[12 - edge + i] = static_cast<float>(all[all.size() - edge + i]);
  }
  return result;
}

Tensor rows(std::int64_t count, const std::vector<float>& values) {
  return make_tensor<float>("F32", {count, static_cast<std::int64_t>(values.size()) / std::max<std::int64_t>(count, 1)}, values);
}

template <typename Values>
void append(std::vector<float>& to, const Values& values) {
  to.insert(to.end(), values.begin(), values.end());
}

/// A training as the library runs it, on the batches of a case.
class GoldenTraining {
 public:
  explicit GoldenTraining(const Case& golden) : golden_(golden), params_(golden.params), ids_(to_torch(golden.inputs.at("token_ids"))) {
    MethodSource source;
    source.checkpoint = read_checkpoint(golden.files.at("base").string());
    model_ = create_trainable("vifi-clip", source, config_of(params_), /*seed=*/0);
    take_initial_prompts();
    optimizer_.emplace(model_->parameters(), model_->recipe());
    clock_.emplace(train::CosineSchedule::of({.epochs = integer("epochs"),
                                              .steps_per_epoch = integer("steps_per_epoch"),
                                              .warmup_epochs = integer("warmup_epochs"),
                                              .lr = params_.at("lr").get<double>()}),
                   integer("steps_per_epoch"), integer("accumulation"));
    if (const auto file = golden.files.find("checkpoint"); file != golden.files.end()) {
      start_epoch_ = train::resume(file->second.string(), train::ResumeRule::reference, *model_, *optimizer_, *clock_).epoch;
    }
    for (const Parameter& parameter : model_->parameters()) {
      start_.push_back(parameter.value.detach().clone());
    }
  }

  Output run() {
    train::Stepper stepper(*model_, *optimizer_, *clock_, ids_);
    stepper.before_optimizer = [this] { note_gradients(); };
    const at::Tensor clips = to_torch(golden_.inputs.at("clips")), targets = to_torch(golden_.inputs.at("targets"));
    std::vector<float> losses;
    std::vector<double> micro, steps;
    for (std::int64_t i = 0; i < integer("micro_steps"); ++i) {
      if (i % integer("steps_per_epoch") == 0) {
        stepper.begin_epoch(start_epoch_ + i / integer("steps_per_epoch"));
      }
      micro.push_back(clock_->lr());
      if (clock_->optimizer_steps()) {
        steps.push_back(clock_->lr());
      }
      const train::StepInput input{clips[i], targets[i]};
      losses.push_back(static_cast<float>(stepper.step({&input, 1})));
    }
    Output output;
    output.tensors["loss"] = make_tensor<float>("F32", {std::ssize(losses)}, losses);
    output.tensors["lr_micro"] = make_tensor<double>("F64", {std::ssize(micro)}, micro);
    output.tensors["lr_step"] = make_tensor<double>("F64", {std::ssize(steps)}, steps);
    output.tensors["logits"] = from_torch(stepper.last_logits());
    output.values["optimizer_steps"] = steps.size();
    output.values["start_epoch"] = start_epoch_;
    describe(output);
    return output;
  }

 private:
  std::int64_t integer(const char* key) const { return params_.at(key).get<std::int64_t>(); }

  void take_initial_prompts() {
    TorchDict given;
    for (const auto& [name, tensor] : golden_.inputs) {
      if (name.starts_with("init/")) {
        given.add("module." + name.substr(5), to_torch(tensor));
      }
    }
    model_->load_model_state(given);
  }

  void note_gradients() {
    if (!norms_.empty()) {
      return;
    }
    for (const Parameter& parameter : model_->parameters()) {
      const at::Tensor gradient = parameter.value.grad();
      norms_.push_back(gradient.defined() ? compared(parameter.name, gradient).to(at::kDouble).norm().item<float>() : -1.0F);
    }
  }

  void describe(Output& output) const {
    const std::vector<Parameter>& parameters = model_->parameters();
    const auto count = static_cast<std::int64_t>(parameters.size());
    std::vector<float> finals, deltas, averages, squares;
    nlohmann::json order = nlohmann::json::array(), trained = nlohmann::json::array(), adam_steps = nlohmann::json::array();
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      const std::string& name = parameters[i].name;
      const at::Tensor value = parameters[i].value.detach();
      const at::Tensor delta = value.to(at::kDouble) - start_[i].to(at::kDouble);
      order.push_back(name);
      if (parameters[i].value.requires_grad()) {
        trained.push_back(name);
        output.tensors["delta/" + name] = from_torch(delta.to(at::kFloat));
      }
      append(finals, digest(compared(name, value)));
      append(deltas, digest(compared(name, delta)));
      const train::AdamW::State& state = optimizer_->states()[i];
      adam_steps.push_back(state.step.defined() ? nlohmann::json(state.step.item<std::int64_t>()) : nlohmann::json());
      for (auto [tensor, into] : {std::pair{&state.exp_avg, &averages}, {&state.exp_avg_sq, &squares}}) {
        const at::Tensor moments = tensor->defined() ? compared(name, *tensor).to(at::kDouble) : delta.reshape({-1}) * 0;
        into->push_back(moments.sum().item<float>());
        into->push_back(moments.norm().item<float>());
      }
    }
    output.tensors["grad_norm"] = make_tensor<float>("F32", {count}, norms_);
    output.tensors["param_digest"] = rows(count, finals);
    output.tensors["delta_digest"] = rows(count, deltas);
    output.tensors["exp_avg_digest"] = rows(count, averages);
    output.tensors["exp_avg_sq_digest"] = rows(count, squares);
    output.values["parameter_order"] = order;
    output.values["trainable"] = trained;
    output.values["adam_step"] = adam_steps;
  }

  const Case& golden_;
  const nlohmann::json& params_;
  at::Tensor ids_;
  std::unique_ptr<Trainable> model_;
  std::optional<train::AdamW> optimizer_;
  std::optional<train::TrainingClock> clock_;
  std::int64_t start_epoch_ = 0;
  std::vector<at::Tensor> start_;
  std::vector<float> norms_;
};

Output train_steps(const Case& golden) { return GoldenTraining(golden).run(); }

}  // namespace

void register_train_steps_operations() {
  register_operation("mixup_cutmix", mixup_cutmix);
  register_operation("loss", loss);
  register_operation("train_steps", train_steps);
}

}  // namespace vifi::parity
