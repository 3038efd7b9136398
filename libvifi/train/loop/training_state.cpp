#include "loop/training_state.h"

#include <cmath>
#include <utility>
#include <vector>

#include <ATen/ops/empty.h>

#include "video/preprocess_json.h"
#include "vifi/error.h"
#include "vifi/log.h"
#include "weights/torch_archive.h"

namespace vifi::train {
namespace {

using nlohmann::json;

constexpr std::int64_t kFormat = 1;  // of the entry `vifi`

TorchValue to_torch_value(const json& value) {
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (value.is_number()) return value.get<double>();
  if (value.is_string()) return value.get<std::string>();
  if (value.is_array()) {
    TorchList list;
    for (const json& item : value) {
      list.push_back(to_torch_value(item));
    }
    return list;
  }
  if (value.is_object()) {
    TorchDict dict;
    for (const auto& [key, item] : value.items()) {
      dict.add(key, to_torch_value(item));
    }
    return dict;
  }
  return {};
}

/// The number that torch gives each parameter: groups one after the other, each in its own order.
std::vector<std::size_t> numbered(const Trainable& model, std::size_t group) {
  std::vector<std::size_t> members;
  for (std::size_t i = 0; i < model.parameters().size(); ++i) {
    if (model.parameters()[i].group == group) {
      members.push_back(i);
    }
  }
  return members;
}

TorchDict optimizer_state(const Trainable& model, const AdamW& optimizer, const TrainingClock& clock) {
  const TrainingRecipe& recipe = model.recipe();
  TorchDict state;
  TorchList groups;
  std::int64_t number = 0;
  for (std::size_t group = 0; group < recipe.groups.size(); ++group) {
    TorchList numbers;
    for (const std::size_t i : numbered(model, group)) {
      if (const AdamW::State& moments = optimizer.states()[i]; moments.step.defined()) {
        TorchDict entry;
        entry.add("step", moments.step);
        entry.add("exp_avg", moments.exp_avg);
        entry.add("exp_avg_sq", moments.exp_avg_sq);
        state.add(number, std::move(entry));
      }
      numbers.push_back(number++);
    }
    TorchDict entry;
    entry.add("lr", clock.lr() * recipe.groups[group].lr_factor);
    entry.add("betas", TorchTuple{{recipe.beta1, recipe.beta2}});
    entry.add("eps", recipe.eps);
    entry.add("weight_decay", optimizer.weight_decay() * recipe.groups[group].weight_decay_factor);
    entry.add("amsgrad", false);
    entry.add("maximize", false);
    entry.add("foreach", TorchValue());
    entry.add("capturable", false);
    entry.add("differentiable", false);
    entry.add("fused", TorchValue());
    entry.add("decoupled_weight_decay", true);
    entry.add("initial_lr", clock.schedule().lr * recipe.groups[group].lr_factor);
    entry.add("params", std::move(numbers));
    groups.push_back(std::move(entry));
  }
  TorchDict dict;
  dict.add("state", std::move(state));
  dict.add("param_groups", std::move(groups));
  return dict;
}

/// The attributes of timm's CosineLRScheduler, which the reference saves as they are.
TorchDict scheduler_state(const Trainable& model, const CosineSchedule& schedule) {
  TorchList rates, warmup_steps;
  for (const ParameterGroup& group : model.recipe().groups) {
    rates.push_back(schedule.lr * group.lr_factor);
    warmup_steps.push_back(schedule.warmup_steps == 0
                               ? 1.0
                               : schedule.lr * group.lr_factor / static_cast<double>(schedule.warmup_steps));
  }
  TorchDict dict;
  dict.add("param_group_field", "lr");
  dict.add("_initial_param_group_field", "initial_lr");
  dict.add("base_values", std::move(rates));
  dict.add("metric", TorchValue());
  dict.add("t_in_epochs", false);
  dict.add("noise_range_t", TorchValue());
  dict.add("noise_pct", 0.67);
  dict.add("noise_type", "normal");
  dict.add("noise_std", 1.0);
  dict.add("noise_seed", 42);
  dict.add("t_initial", schedule.total_steps);
  dict.add("lr_min", schedule.min_lr);
  dict.add("cycle_mul", 1.0);
  dict.add("cycle_decay", 1.0);
  dict.add("cycle_limit", 1);
  dict.add("warmup_t", schedule.warmup_steps);
  dict.add("warmup_lr_init", 0);
  dict.add("warmup_prefix", false);
  dict.add("k_decay", 1.0);
  dict.add("warmup_steps", std::move(warmup_steps));
  return dict;
}

/// Reads the entries of a checkpoint; every refusal names the file and the entry.
class StateReader {
 public:
  explicit StateReader(std::string path) : path_(std::move(path)), root_(read_torch_value(path_)) {
    if (root_.as<TorchDict>() == nullptr) {
      refuse("it", "a dict");
    }
  }

  const TorchDict& root() const { return *root_.as<TorchDict>(); }

  const TorchDict& dict(const TorchDict& in, const char* key) const {
    const TorchValue* value = in.find(key);
    const auto* found = value == nullptr ? nullptr : value->as<TorchDict>();
    if (found == nullptr) {
      refuse(key, "a dict");
    }
    return *found;
  }

  const TorchList& list(const TorchDict& in, const char* key) const {
    const TorchValue* value = in.find(key);
    const auto* found = value == nullptr ? nullptr : value->as<TorchList>();
    if (found == nullptr) {
      refuse(key, "a list");
    }
    return *found;
  }

  double number(const TorchValue* value, const char* key) const {
    if (value != nullptr) {
      if (const auto* real = value->as<double>(); real != nullptr && std::isfinite(*real)) {
        return *real;
      }
      if (const auto* integer = value->as<std::int64_t>()) {
        return static_cast<double>(*integer);
      }
    }
    refuse(key, "a number");
  }
  double number(const TorchDict& in, const char* key) const { return number(in.find(key), key); }

  std::int64_t integer(const TorchDict& in, const char* key) const {
    const TorchValue* value = in.find(key);
    const auto* found = value == nullptr ? nullptr : value->as<std::int64_t>();
    if (found == nullptr) {
      refuse(key, "an integer");
    }
    return *found;
  }

  const std::string& path() const { return path_; }

  [[noreturn]] void refuse(const std::string& what, const std::string& expected) const {
    throw Error(ErrorCode::corrupt, "[resume] " + path_ + ": " + what + ": expected " + expected,
                "take a checkpoint that a training wrote");
  }

 private:
  std::string path_;
  TorchValue root_;
};

struct OptimizerState {
  std::vector<AdamW::State> states;
  double lr = 0;
  double weight_decay = 0;
};

at::Tensor own_copy(const at::Tensor& tensor) {
  at::Tensor copy = at::empty(tensor.sizes(), at::TensorOptions().dtype(at::kFloat));
  return copy.copy_(tensor);
}

AdamW::State moments_of(const StateReader& reader, const TorchDict& entry) {
  const auto tensor = [&](const char* key) {
    const TorchValue* value = entry.find(key);
    const auto* found = value == nullptr ? nullptr : value->as<at::Tensor>();
    if (found == nullptr) {
      reader.refuse(std::string("optimizer: ") + key, "a tensor");
    }
    return own_copy(*found);
  };
  at::Tensor step = at::empty({}, at::TensorOptions().dtype(at::kFloat));
  const TorchValue* stored = entry.find("step");
  if (stored != nullptr && stored->as<at::Tensor>() != nullptr) {
    if (stored->as<at::Tensor>()->numel() != 1) {
      reader.refuse("optimizer: step", "one number");
    }
    step.copy_(stored->as<at::Tensor>()->reshape({}));
  } else {
    step.fill_(reader.number(stored, "optimizer: step"));  // an older PyTorch's
  }
  return {step, tensor("exp_avg"), tensor("exp_avg_sq")};
}

/// Nothing where the state is of another list of parameters, which torch refuses, too.
std::optional<OptimizerState> fitting_optimizer(const StateReader& reader, const Trainable& model) {
  const TorchDict& stored = reader.dict(reader.root(), "optimizer");
  const TorchList& groups = reader.list(stored, "param_groups");
  const std::vector<ParameterGroup>& wanted = model.recipe().groups;
  if (groups.size() != wanted.size()) {
    return std::nullopt;
  }
  OptimizerState result;
  result.states.resize(model.parameters().size());
  const TorchDict& states = reader.dict(stored, "state");
  for (std::size_t group = 0; group < groups.size(); ++group) {
    const auto* entry = groups[group].as<TorchDict>();
    if (entry == nullptr) {
      reader.refuse("optimizer: param_groups", "dicts");
    }
    const std::vector<std::size_t> members = numbered(model, group);
    const TorchList& numbers = reader.list(*entry, "params");
    if (numbers.size() != members.size()) {
      return std::nullopt;
    }
    if (group == 0) {
      result.lr = reader.number(*entry, "lr") / wanted[0].lr_factor;
      result.weight_decay = reader.number(*entry, "weight_decay") / wanted[0].weight_decay_factor;
    }
    for (const auto& [key, value] : states.items) {
      const auto* number = key.as<std::int64_t>();
      const auto* moments = value.as<TorchDict>();
      for (std::size_t i = 0; number != nullptr && moments != nullptr && i < numbers.size(); ++i) {
        if (numbers[i].as<std::int64_t>() != nullptr && *numbers[i].as<std::int64_t>() == *number) {
          result.states[members[i]] = moments_of(reader, *moments);
        }
      }
    }
  }
  return result;
}

CosineSchedule schedule_of(const StateReader& reader, const Trainable& model) {
  const TorchDict& stored = reader.dict(reader.root(), "lr_scheduler");
  const TorchList& rates = reader.list(stored, "base_values");
  if (rates.empty()) {
    reader.refuse("lr_scheduler: base_values", "a rate");
  }
  return {.lr = reader.number(&rates.front(), "lr_scheduler: base_values") / model.recipe().groups[0].lr_factor,
          .min_lr = reader.number(stored, "lr_min"),
          .total_steps = reader.integer(stored, "t_initial"),
          .warmup_steps = reader.integer(stored, "warmup_t")};
}

/// Where an exact continuation begins.
Position position_of(const StateReader& reader, const TrainingClock& clock) {
  Position position{.epoch = reader.integer(reader.root(), "epoch") + 1,
                    .best_accuracy = reader.number(reader.root(), "max_accuracy")};
  if (reader.root().find("vifi") != nullptr) {
    const TorchDict& own = reader.dict(reader.root(), "vifi");
    position.step = reader.integer(own, "step");
  }
  if (position.epoch < 0 || position.step < 0 || position.step >= clock.steps_per_epoch()) {
    reader.refuse("epoch and step", "a place in the training");
  }
  return position;
}

TorchDict scaler_state(const LossScaler& scaler) {
  TorchDict dict;
  dict.add("scale", scaler.state().scale);
  dict.add("growth_factor", LossScaler::kGrowth);
  dict.add("backoff_factor", LossScaler::kBackoff);
  dict.add("growth_interval", LossScaler::kInterval);
  dict.add("_growth_tracker", scaler.state().good_steps);
  return dict;
}

LossScaler scaler_of(const StateReader& reader) {
  const TorchDict& stored = reader.dict(reader.root(), "scaler");
  const LossScaler::State state{.scale = reader.number(stored, "scale"),
                                .good_steps = reader.integer(stored, "_growth_tracker")};
  if (!(state.scale > 0) || state.good_steps < 0) {
    reader.refuse("scaler: scale", "a positive number");
  }
  return LossScaler(state);
}

}  // namespace

TorchDict training_state(const Trainable& model, const at::Tensor& ids, const AdamW& optimizer,
                         const TrainingClock& clock, const Position& position, const json& config,
                         const LossScaler* scaler) {
  TorchDict own;
  own.add("format", kFormat);
  own.add("step", position.step);
  own.add("preprocess", preprocess_json(model.recipe().preprocess).dump());
  TorchDict state;
  state.add("model", model.model_state(ids));
  state.add("optimizer", optimizer_state(model, optimizer, clock));
  state.add("lr_scheduler", scheduler_state(model, clock.schedule()));
  state.add("max_accuracy", position.best_accuracy);
  state.add("epoch", position.epoch - 1);
  state.add("config", to_torch_value(config));
  state.add("vifi", std::move(own));
  if (scaler != nullptr) {
    state.add("scaler", scaler_state(*scaler));
  }
  return state;
}

Position resume(const std::string& path, ResumeRule rule, Trainable& model, AdamW& optimizer, TrainingClock& clock,
                LossScaler* scaler) {
  const StateReader reader(path);
  const std::vector<std::string> missing = model.load_model_state(reader.dict(reader.root(), "model"));
  if (rule == ResumeRule::exact && !missing.empty()) {
    throw Error(ErrorCode::corrupt, "[resume] " + path + " lacks " + missing.front() + " and " +
                                        std::to_string(missing.size() - 1) + " more parameters",
                "resume with the configuration that wrote it");
  }
  std::optional<OptimizerState> stored;
  if (rule == ResumeRule::exact || reader.root().find("optimizer") != nullptr) {
    stored = fitting_optimizer(reader, model);
  }
  if (!stored) {
    if (rule == ResumeRule::exact) {
      throw Error(ErrorCode::corrupt, "[resume] " + path + ": its optimizer is of another list of parameters",
                  "resume with the configuration that wrote it, or take its weights alone by MODEL.RESUME");
    }
    log(LogLevel::info, "[resume] " + path + ": weights alone; optimizer and schedule start anew");
    return {};
  }
  optimizer.set_states(std::move(stored->states));
  optimizer.set_weight_decay(stored->weight_decay);
  TrainingClock resumed(schedule_of(reader, model), clock.steps_per_epoch(), clock.accumulation());
  resumed.set_lr(stored->lr);
  clock = resumed;
  if (scaler != nullptr && reader.root().find("scaler") != nullptr) {
    *scaler = scaler_of(reader);
  }
  const Position position = position_of(reader, clock);
  if (rule == ResumeRule::exact || position.epoch == 1) {
    return position;
  }
  log(LogLevel::warning, "[resume] " + path + ": MODEL.RESUME begins again at epoch 0, as the reference does; "
                         "--resume goes on where the training stopped");
  return {};
}

}  // namespace vifi::train
