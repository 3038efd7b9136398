#include "report/run_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "data/text_files.h"
#include "vifi/error.h"

namespace vifi::train {
namespace {

using nlohmann::json;

/// A figure; NaN for null, as which JSON writes what is no number.
double figure(const json& line, const char* key) {
  const json& value = line.at(key);
  return value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>();
}

double optional_figure(const json& line, const char* key) {
  return line.contains(key) ? figure(line, key) : 0.0;
}

std::int64_t count(const json& line, const char* key) {
  const auto value = line.at(key).get<std::int64_t>();
  if (value < 0) throw std::out_of_range(std::string(key) + " is negative");
  return value;
}

void add(RunLog& log, const json& line) {
  if (!line.is_object()) throw std::invalid_argument("no object");
  const std::int64_t epoch = count(line, "epoch");
  const auto later = [epoch](const LoggedTest& test) { return test.epoch >= epoch; };
  if (line.contains("top1")) {
    std::erase_if(log.tests, later);
    log.tests.push_back({.epoch = epoch,
                         .samples = line.contains("samples") ? count(line, "samples") : 0,
                         .top1 = figure(line, "top1"),
                         .top5 = optional_figure(line, "top5")});
    return;
  }
  const LoggedStep step{.epoch = epoch,
                        .step = count(line, "step"),
                        .loss = figure(line, "loss"),
                        .lr = figure(line, "lr"),
                        .clips_per_second = optional_figure(line, "clips_per_second")};
  while (!log.steps.empty() &&
         std::pair(log.steps.back().epoch, log.steps.back().step) >= std::pair(epoch, step.step)) {
    log.steps.pop_back();
  }
  std::erase_if(log.tests, later);
  log.steps.push_back(step);
  log.steps_per_epoch = std::max({log.steps_per_epoch, step.step, line.contains("steps") ? count(line, "steps") : 0});
}

bool ends_with_its_line(const std::string& file) {
  std::ifstream in(file, std::ios::binary | std::ios::ate);
  if (!in || in.tellg() == std::streampos(0)) return true;
  in.seekg(-1, std::ios::end);
  return in.get() == '\n';
}

}  // namespace

double RunLog::epochs_at(const LoggedStep& step) const {
  return static_cast<double>(step.epoch) +
         static_cast<double>(step.step) / static_cast<double>(std::max<std::int64_t>(steps_per_epoch, 1));
}

std::optional<LoggedTest> RunLog::best() const {
  const auto place = std::max_element(tests.begin(), tests.end(),
                                      [](const LoggedTest& a, const LoggedTest& b) { return a.top1 < b.top1; });
  return place == tests.end() ? std::nullopt : std::optional(*place);
}

RunLog read_run_log(const std::string& file) {
  RunLog log;
  std::optional<Error> broken;  // an error unless it is the line that is being written
  for_each_line("report", file, [&](std::size_t number, std::string_view line) {
    if (broken) throw *broken;
    try {
      add(log, json::parse(line));
    } catch (const std::exception&) {
      broken =
          Error(ErrorCode::corrupt,
                fmt::format("[report] {}: line {} is \"{}\", expected an entry of `vifi train`: epoch with step, loss "
                            "and lr, or with top1",
                            file, number, line.substr(0, 120)),
                "mend or delete that line");
    }
  });
  if (broken && ends_with_its_line(file)) throw *broken;
  return log;
}

}  // namespace vifi::train
