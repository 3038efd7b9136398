#include "report/training_section.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "report/markup.h"
#include "report/svg_chart.h"

namespace vifi::train {
namespace {

std::vector<ChartSeries> loss_series(const Run& run, int colour) {
  std::vector<double> losses;
  for (const LoggedStep& step : run.log.steps)
    losses.push_back(step.loss);
  const std::vector<double> smooth = smoothed(losses);
  ChartSeries raw{.name = run.name + ", each step", .points = {}, .colour = colour, .faint = true};
  ChartSeries mean{.name = run.name, .points = {}, .colour = colour};
  for (std::size_t i = 0; i < losses.size(); ++i) {
    const double at = run.log.epochs_at(run.log.steps[i]);
    raw.points.emplace_back(at, losses[i]);
    mean.points.emplace_back(at, smooth[i]);
  }
  return {std::move(raw), std::move(mean)};
}

ChartSeries rate_series(const Run& run, int colour) {
  ChartSeries rates{.name = run.name, .points = {}, .colour = colour};
  for (const LoggedStep& step : run.log.steps)
    rates.points.emplace_back(run.log.epochs_at(step), step.lr);
  return rates;
}

std::vector<ChartSeries> accuracy_series(const Run& run, int colour) {
  ChartSeries top5{
      .name = run.name + ", top-5", .points = {}, .colour = colour, .faint = true, .dashed = true, .dots = true};
  ChartSeries top1{.name = run.name + ", top-1", .points = {}, .colour = colour, .dots = true};
  for (const LoggedTest& test : run.log.tests) {
    top1.points.emplace_back(static_cast<double>(test.epoch + 1), test.top1);
    top5.points.emplace_back(static_cast<double>(test.epoch + 1), test.top5);
  }
  return {std::move(top5), std::move(top1)};
}

std::string figure(const std::string& title, const std::string& note, const std::string& chart) {
  return fmt::format("<figure class=\"plot\"><h3>{}</h3><p class=\"note\">{}</p>\n{}</figure>\n", title, note, chart);
}

std::string charts(const std::vector<const Run*>& runs) {
  std::vector<ChartSeries> losses, rates, accuracies;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const int colour = static_cast<int>(i);
    for (ChartSeries& one : loss_series(*runs[i], colour))
      losses.push_back(std::move(one));
    rates.push_back(rate_series(*runs[i], colour));
    for (ChartSeries& one : accuracy_series(*runs[i], colour))
      accuracies.push_back(std::move(one));
  }
  const bool tested = std::any_of(runs.begin(), runs.end(), [](const Run* run) { return !run->log.tests.empty(); });
  std::string out = "<div class=\"plots\">\n";
  out += figure("Loss", "Of the training's batches: the mean over the last twentieth, and behind it each logged step.",
                line_chart({.title = "loss over epochs", .x_label = "epoch", .y_label = "loss"}, losses));
  if (tested) {
    out += figure("Accuracy", "Of the validation list behind each epoch: top-1, and dashed top-5.",
                  line_chart({.title = "accuracy over epochs",
                              .x_label = "epoch",
                              .y_label = "accuracy, %",
                              .from_zero = true,
                              .y_limit = 100},
                             accuracies));
  }
  out += figure(
      "Learning rate", "As the schedule set it.",
      line_chart(
          {.title = "learning rate over epochs", .x_label = "epoch", .y_label = "learning rate", .from_zero = true},
          rates));
  return out + "</div>\n";
}

std::string legend(const std::vector<const Run*>& runs) {
  if (runs.size() < 2) return "";
  std::string out = "<p class=\"legend\">";
  for (std::size_t i = 0; i < runs.size(); ++i) {
    out += fmt::format("<span class=\"c{}\"><i></i>{}</span> ", i % 8, escaped(runs[i]->name));
  }
  return out + "</p>\n";
}

std::string trained_with(const Run& run) {
  if (!run.config) return "";
  const Config& config = *run.config;
  const auto text = [](const nlohmann::json& value) {
    return value.is_string() ? value.get<std::string>() : value.dump();
  };
  return fmt::format("{}, {} frames of {}², batch {}, rate {}, seed {}", text(config.at("MODEL.ARCH")),
                     text(config.at("DATA.NUM_FRAMES")), text(config.at("DATA.INPUT_SIZE")),
                     text(config.at("TRAIN.BATCH_SIZE")), text(config.at("TRAIN.LR")), text(config.at("SEED")));
}

std::string epochs_done(const Run& run) {
  const double done = run.log.steps.empty() ? 0.0 : run.log.epochs_at(run.log.steps.back());
  const std::string of = run.config ? fmt::format(" of {}", run.config->integer("TRAIN.EPOCHS")) : "";
  return fixed(done, done == std::floor(done) ? 0 : 1) + of;
}

std::string table(const std::vector<const Run*>& runs) {
  std::string out =
      "<div class=\"scroll\"><table><thead><tr><th>run</th><th class=\"n\">epochs</th><th class=\"n\">last loss</th>"
      "<th class=\"n\">best top-1</th><th class=\"n\">clips/s</th><th>training "
      "list</th><th>settings</th></tr></thead><tbody>\n";
  for (const Run* run : runs) {
    std::string best = "–", loss = "–", pace = "–";
    if (const auto test = run->log.best())
      best = fmt::format("{} % <small>epoch {}</small>", fixed(test->top1, 1), test->epoch + 1);
    if (!run->log.steps.empty()) {
      std::vector<double> losses;
      for (const LoggedStep& step : run->log.steps)
        losses.push_back(step.loss);
      loss = fixed(smoothed(losses).back(), 3);
      pace = fixed(run->log.steps.back().clips_per_second, 1);
    }
    const std::string list =
        run->config ? std::filesystem::path(run->config->text("DATA.TRAIN_FILE")).filename().string() : "";
    out += fmt::format(
        "<tr><th>{}</th><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td "
        "class=\"n\">{}</td><td>{}</td>"
        "<td>{}</td></tr>\n",
        escaped(run->name), epochs_done(*run), loss, best, pace, escaped(list), escaped(trained_with(*run)));
  }
  return out + "</tbody></table></div>\n";
}

std::string warnings(const std::vector<const Run*>& runs) {
  std::string out;
  for (const Run* run : runs) {
    const auto& steps = run->log.steps;
    const auto bad =
        std::find_if(steps.begin(), steps.end(), [](const LoggedStep& step) { return !std::isfinite(step.loss); });
    if (bad != steps.end()) {
      out += fmt::format("<p class=\"note warn\">{}: from epoch {}, batch {} on, the loss was no number.</p>\n",
                         escaped(run->name), bad->epoch + 1, bad->step);
    }
  }
  return out;
}

}  // namespace

std::vector<double> smoothed(const std::vector<double>& values) {
  const double window = std::max(1.0, static_cast<double>(values.size()) / 20);
  std::vector<double> out;
  double mean = 0, weight = 0;
  for (const double value : values) {
    if (std::isfinite(value)) {
      mean += (value - mean) / std::min(++weight, window);
    }
    out.push_back(weight > 0 && std::isfinite(value) ? mean : std::nan(""));
  }
  return out;
}

std::string training_section(const std::vector<Run>& runs) {
  std::vector<const Run*> logged;
  for (const Run& run : runs) {
    if (!run.log.steps.empty() || !run.log.tests.empty()) logged.push_back(&run);
  }
  if (logged.empty()) return "";
  return "<section id=\"training\"><h2>Training</h2>\n" + warnings(logged) + legend(logged) + charts(logged) +
         table(logged) + "</section>\n";
}

}  // namespace vifi::train
