// `vifi calibrate`: which background prompts tell that nothing happens, and at which temperature probabilities hold.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <memory>
#include <optional>

#include "commands.h"
#include "judged_windows.h"
#include "model_arguments.h"
#include "output.h"
#include "timeline.h"
#include "vifi/bundle.h"
#include "vifi/calibration.h"
#include "vifi/error.h"

namespace vifi::tools {
namespace {

struct Arguments {
  ModelArguments model;
  LabelArguments labels;
  std::vector<std::string> timelines, held_back, candidates;
  std::string store;
};

using Window = JudgedWindow;
using Windows = std::vector<Window>;
using Positions = std::vector<std::size_t>;

constexpr double kWorthwhile = 0.005;  // of ROC area, for one more prompt

class Calibration {
 public:
  explicit Calibration(const Arguments& arguments) : host_(ModelHost::get(arguments.model.options())) {
    LabelSet set = arguments.labels.set_for(host_->info());
    std::erase_if(set.labels, [](const Label& label) { return label.background; });
    actions_ = set.labels.size();
    for (const std::string& name : arguments.candidates) {
      const bool listed =
          std::any_of(set.labels.begin(), set.labels.end(), [&](const Label& label) { return label.name == name; });
      if (!listed) set.labels.push_back({.id = static_cast<int>(set.labels.size()), .name = name});
    }
    labels_ = host_->embed(set).get();
  }

  void add(const Timeline& timeline, Windows& windows) const {
    read_windows(timeline, host_, labels_, actions_, windows);
  }

  /// The candidates that tell actions from the rest best, one after another.
  Positions choose(const Windows& windows) const {
    Positions chosen;
    double best = area(windows, chosen);
    for (;;) {
      std::optional<std::size_t> better;
      double most = best + kWorthwhile;
      for (std::size_t position = actions_; position < names().size(); ++position) {
        if (std::find(chosen.begin(), chosen.end(), position) != chosen.end()) continue;
        Positions more = chosen;
        more.push_back(position);
        if (const double found = area(windows, more); found > most) {
          most = found;
          better = position;
        }
      }
      if (!better) return chosen;
      chosen.push_back(*better);
      best = most;
    }
  }

  /// Of windows that show a listed action. What shows none has no label of its own, and would flatten the others'.
  double temperature(const Windows& windows, const Positions& backgrounds) const {
    std::vector<JudgedLogits> judged;
    for (const Window& window : windows) {
      if (window.action) judged.push_back({logits(window, backgrounds), {*window.action}});
    }
    return fit_temperature(judged);
  }

  /// How well one number tells actions from the rest.
  template <typename Score>
  std::vector<std::string> row(const std::string& name, const Windows& windows, const Score& score) const {
    std::vector<double> listed, idle, unlisted;
    for (const Window& window : windows) {
      (window.action ? listed : window.idle ? idle : unlisted).push_back(score(window));
    }
    std::vector<std::string> cells{name};
    for (const auto& rest : {idle, unlisted}) {
      cells.push_back(rest.empty() ? "-" : fmt::format("{:.3f}", roc_area(listed, rest)));
      cells.push_back(rest.empty() ? "-" : percent(false_positive_rate(listed, rest)));
    }
    return cells;
  }

  Table rules(const Windows& windows, const Positions& backgrounds) const {
    Table table;
    table.add({"rule", "idle: ROC area", "false positives", "unlisted: ROC area", "false positives"});
    table.add(row("probability of the best label", windows, [&](const Window& w) { return confidence(w, {}, 1); }));
    table.add(row("its cosine", windows, [&](const Window& w) { return *best_action(w); }));
    table.add(row("energy (log of the summed exponentials)", windows, [&](const Window& w) { return energy(w); }));
    table.add(row("best cosine above the mean", windows, [&](const Window& w) { return above_mean(w); }));
    table.add(row("change from frame to frame", windows, [&](const Window& w) { return w.change; }));
    if (!backgrounds.empty()) {
      table.add(row("probability, with backgrounds", windows,
                    [&](const Window& w) { return confidence(w, backgrounds, 1); }));
      table.add(row("1 - background", windows, [&](const Window& w) { return action_mass(w, backgrounds); }));
    }
    return table;
  }

  double miscalibration(const Windows& windows, const Positions& backgrounds, double temperature) const {
    std::vector<double> confidences;
    std::vector<bool> correct;
    for (const Window& window : windows) {
      if (!window.action) continue;
      confidences.push_back(confidence(window, backgrounds, temperature));
      correct.push_back(static_cast<std::size_t>(best_action(window) - window.similarities.begin()) == *window.action);
    }
    return calibration_error(confidences, correct);
  }

  std::vector<std::string> names_of(const Positions& positions) const {
    std::vector<std::string> found;
    for (const std::size_t position : positions)
      found.push_back(names()[position].name);
    return found;
  }

 private:
  const std::vector<Label>& names() const { return labels_->labels().labels; }

  std::vector<double>::const_iterator best_action(const Window& window) const {
    return std::max_element(window.similarities.begin(),
                            window.similarities.begin() + static_cast<std::ptrdiff_t>(actions_));
  }

  /// Of the actions, then of the backgrounds.
  std::vector<double> logits(const Window& window, const Positions& backgrounds) const {
    const ModelInfo& info = host_->info();
    std::vector<double> found;
    const auto add = [&](std::size_t position) {
      found.push_back(window.similarities[position] * info.logit_scale + info.logit_bias);
    };
    for (std::size_t i = 0; i < actions_; ++i)
      add(i);
    for (const std::size_t position : backgrounds)
      add(position);
    return found;
  }

  double confidence(const Window& window, const Positions& backgrounds, double temperature) const {
    const auto probabilities = probabilities_of(logits(window, backgrounds), temperature);
    return *std::max_element(probabilities.begin(), probabilities.begin() + static_cast<std::ptrdiff_t>(actions_));
  }

  double action_mass(const Window& window, const Positions& backgrounds) const {
    const auto probabilities = probabilities_of(logits(window, backgrounds), 1);
    double mass = 0;
    for (std::size_t i = 0; i < actions_; ++i)
      mass += probabilities[i];
    return mass;
  }

  double energy(const Window& window) const {
    double sum = 0;
    for (const double logit : logits(window, {}))
      sum += std::exp(logit - host_->info().logit_scale);
    return std::log(sum);
  }

  double above_mean(const Window& window) const {
    double sum = 0;
    for (std::size_t i = 0; i < actions_; ++i)
      sum += window.similarities[i];
    return *best_action(window) - sum / static_cast<double>(actions_);
  }

  double area(const Windows& windows, const Positions& backgrounds) const {
    std::vector<double> actions, rest;
    for (const Window& window : windows) {
      (window.action ? actions : rest)
          .push_back(backgrounds.empty() ? confidence(window, {}, 1) : action_mass(window, backgrounds));
    }
    return roc_area(actions, rest);
  }

  std::shared_ptr<ModelHost> host_;
  std::shared_ptr<const LabelBank> labels_;
  std::size_t actions_ = 0;
};

std::string counts(const char* what, const Windows& windows) {
  const auto listed =
      std::count_if(windows.begin(), windows.end(), [](const Window& w) { return w.action.has_value(); });
  const auto idle = std::count_if(windows.begin(), windows.end(), [](const Window& w) { return !w.action && w.idle; });
  return fmt::format("{}: {} windows of listed actions, {} idle, {} of unlisted actions\n", what, listed, idle,
                     std::ssize(windows) - listed - idle);
}

/// Before the videos are played: would storing have an effect? @throws Error
void check_store(const std::string& bundle) {
  if (!is_bundle(bundle)) {
    throw Error(ErrorCode::unsupported, "[calibrate] " + bundle + " is no bundle",
                "make one of it: vifi convert " + bundle + " FOLDER");
  }
  if (read_bundle(bundle).labels.empty()) {
    throw Error(ErrorCode::invalid_argument,
                "[calibrate] " + bundle + " has no labels, and background labels go with a bundle's own",
                "add \"labels\" to its vifi.json, or leave --store out and give the printed ones as background labels");
  }
}

int calibrate(const Arguments& arguments) {
  arguments.labels.check();
  if (!arguments.store.empty()) check_store(arguments.store);
  std::vector<Timeline> fitted = read_timelines(arguments.timelines), reported = read_timelines(arguments.held_back);
  if (reported.empty()) {  // every second
    std::vector<Timeline> kept;
    for (std::size_t i = 0; i < fitted.size(); ++i)
      (i % 2 == 0 ? kept : reported).push_back(fitted[i]);
    fitted = std::move(kept);
  }
  if (fitted.empty() || reported.empty()) {
    throw Error(ErrorCode::invalid_argument, "[calibrate] one video cannot be both fitted to and held back",
                "give two or more timelines");
  }
  const Calibration calibration(arguments);
  Windows fitting, reporting;
  for (const Timeline& timeline : fitted)
    calibration.add(timeline, fitting);
  for (const Timeline& timeline : reported)
    calibration.add(timeline, reporting);

  const Positions backgrounds = calibration.choose(fitting);
  const double temperature = calibration.temperature(fitting, backgrounds);
  const std::vector<std::string> names = calibration.names_of(backgrounds);

  std::cout << counts("fitted to", fitting) << counts("held back", reporting) << '\n'
            << "On what was held back (false positives at 95 % recall):\n"
            << calibration.rules(reporting, backgrounds).text(2) << '\n'
            << "background labels: " << (names.empty() ? "none helps" : fmt::format("{}", fmt::join(names, ";")))
            << '\n'
            << fmt::format("temperature: {:.3f}\n", temperature)
            << fmt::format("calibration error of listed actions: {} with neither, {} with both\n",
                           percent(calibration.miscalibration(reporting, {}, 1)),
                           percent(calibration.miscalibration(reporting, backgrounds, temperature)));
  if (!arguments.store.empty()) {
    store_calibration(arguments.store, temperature, names);
    std::cout << "stored in " << arguments.store << '\n';
  }
  return kDone;
}

}  // namespace

void add_calibrate(CLI::App& program, Action& action) {
  CLI::App* command =
      program.add_subcommand("calibrate", "Find background labels and a temperature from videos with timelines");
  auto arguments = std::make_shared<Arguments>();
  arguments->candidates = {"a person stands still", "a person stands",        "nothing happens", "nobody",
                           "an empty landscape",    "a scene without people", "a person waits",  "something else"};
  command
      ->add_option("TIMELINE", arguments->timelines,
                   "Timelines, videos with a .timeline.json beside them, or folders of them")
      ->required();
  command->add_option("--held-back", arguments->held_back, "Those that figures are reported of [every second one]")
      ->type_name("PATH");
  command->add_option("--candidate", arguments->candidates, "A background label to try; may be repeated")
      ->type_name("TEXT")
      ->allow_extra_args(false)
      ->capture_default_str();
  arguments->labels.add_to(*command);
  arguments->model.add_to(*command);
  command->add_option("--store", arguments->store, "Bundle of the model, which gets temperature and background labels")
      ->type_name("BUNDLE")
      ->needs(command->get_option("--model"));
  command->footer("Example:\n  vifi calibrate --model my-bundle --store my-bundle rehearsals/");
  command->callback([arguments, &action] { action = [arguments] { return calibrate(*arguments); }; });
}

}  // namespace vifi::tools
