// Operations of training that need no tensors: configuration, learning rates, metrics.

#include "config/config.h"
#include "optim/training_clock.h"
#include "parity.h"
#include "protocols/metrics.h"

namespace vifi::parity {
namespace {

using nlohmann::json;

train::ConfigArguments arguments_of(const json& given) {
  train::ConfigArguments arguments;
  const auto take = [&](const char* name, auto& place) {
    if (given.contains(name)) {
      place = given.at(name).get<typename std::remove_reference_t<decltype(place)>::value_type>();
    }
  };
  take("batch_size", arguments.batch_size);
  take("accumulation_steps", arguments.accumulation_steps);
  take("output", arguments.output);
  take("resume", arguments.resume);
  take("pretrained", arguments.pretrained);
  arguments.only_test = given.value("only_test", false);
  return arguments;
}

Output resolve_config(const Case& golden) {
  try {
    const train::Config config =
        train::resolve_config((golden.folder / golden.params.at("config").get<std::string>()).string(),
                              golden.params.at("opts").get<std::vector<std::string>>(), arguments_of(golden.params.at("args")));
    Output output;
    output.values["config"] = config.tree();
    return output;
  } catch (const train::ConfigError& error) {
    throw Refused(std::string(name_of(error.kind())), error.what());
  }
}

Output lr_curve(const Case& golden) {
  const auto& params = golden.params;
  const train::ScheduleSpec spec{.epochs = params.at("epochs").get<std::int64_t>(),
                                 .steps_per_epoch = params.at("steps_per_epoch").get<std::int64_t>(),
                                 .warmup_epochs = params.at("warmup_epochs").get<std::int64_t>(),
                                 .lr = params.at("lr").get<double>()};
  train::TrainingClock clock(train::CosineSchedule::of(spec), spec.steps_per_epoch,
                             params.at("accumulation").get<std::int64_t>());
  std::vector<double> micro, steps;
  for (std::int64_t epoch = 0; epoch < spec.epochs; ++epoch) {
    for (clock.begin_epoch(epoch); !clock.epoch_done(); clock.advance()) {
      micro.push_back(clock.lr());
      if (clock.optimizer_steps()) {
        steps.push_back(clock.lr());
      }
    }
  }
  Output output;
  output.tensors["lr_micro"] = make_tensor<double>("F64", {std::ssize(micro)}, micro);
  output.tensors["lr_step"] = make_tensor<double>("F64", {std::ssize(steps)}, steps);
  output.values = {{"micro_steps", micro.size()}, {"optimizer_steps", steps.size()}};
  return output;
}

/// Single views are multi-view with V = 1.
Output accuracy(const Case& golden) {
  const Tensor& logits = golden.inputs.at("logits");
  const auto labels = golden.inputs.at("labels").as<std::int64_t>();
  const std::int64_t samples = logits.shape.front(), classes = logits.shape.back();
  const auto values = logits.as<float>();
  const std::size_t row = values.size() / static_cast<std::size_t>(samples);
  train::Accuracy counted(classes);
  std::vector<float> all;
  json rankings = json::array();
  for (std::size_t i = 0; i < static_cast<std::size_t>(samples); ++i) {
    const std::vector<float> scores = train::view_scores(values.subspan(i * row, row), classes);
    counted.add(scores, labels[i]);
    rankings.push_back(train::ranking(scores, 5));
    all.insert(all.end(), scores.begin(), scores.end());
  }
  Output output;
  output.tensors["scores"] = make_tensor<float>("F32", {samples, classes}, all);
  output.values = {{"correct", {counted.top1_hits(), counted.top5_hits()}},
                   {"total", counted.total()},
                   {"top1", counted.top1()},
                   {"top5", counted.top5()},
                   {"ranking_top5", rankings}};
  return output;
}

Output harmonic_mean(const Case& golden) {
  std::vector<double> means;
  for (const json& item : golden.params.at("items")) {
    means.push_back(train::harmonic_mean(item.at("base").get<double>(), item.at("novel").get<double>()));
  }
  Output output;
  output.tensors["harmonic_mean"] = make_tensor<double>("F64", {std::ssize(means)}, means);
  return output;
}

Output mean_std(const Case& golden) {
  std::vector<double> mean, sample, population;
  for (const json& runs : golden.params.at("runs")) {
    const train::Spread spread = train::spread_of(runs.get<std::vector<double>>());
    mean.push_back(spread.mean);
    sample.push_back(spread.std_sample);
    population.push_back(spread.std_population);
  }
  Output output;
  output.tensors["mean"] = make_tensor<double>("F64", {std::ssize(mean)}, mean);
  output.tensors["std_sample"] = make_tensor<double>("F64", {std::ssize(mean)}, sample);
  output.tensors["std_population"] = make_tensor<double>("F64", {std::ssize(mean)}, population);
  return output;
}

}  // namespace

void register_train_config_operations() {
  register_operation("resolve_config", resolve_config);
  register_operation("lr_curve", lr_curve);
  register_operation("accuracy", accuracy);
  register_operation("multi_view", accuracy);
  register_operation("harmonic_mean", harmonic_mean);
  register_operation("mean_std", mean_std);
}

}  // namespace vifi::parity
