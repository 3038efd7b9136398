#include "report/score_table.h"

#include <algorithm>

#include <fmt/format.h>

#include "data/text_files.h"
#include "protocols/metrics.h"

namespace vifi::train {
namespace {

std::string decimal(const std::optional<double>& value) { return value ? fmt::format("{:.1f}", *value) : ""; }
std::string exact(const std::optional<double>& value) { return value ? fmt::format("{}", *value) : ""; }
std::string whole(const std::optional<std::int64_t>& value) { return value ? fmt::format("{}", *value) : ""; }

}  // namespace

std::string score_table(const std::vector<ScoreRow>& rows) {
  std::size_t width = 4;
  bool spread = false;
  for (const ScoreRow& row : rows) {
    width = std::max(width, row.name.size());
    spread = spread || row.deviation;
  }
  std::string text;
  const auto add = [&](const std::string& name, const std::string& samples, const std::string& top1,
                       const std::string& deviation, const std::string& top5) {
    std::string line = fmt::format("{:<{}}  {:>7}  {:>6}", name, width, samples, top1);
    line += spread ? fmt::format("{:>6}", deviation) : "";
    line += fmt::format("  {:>6}", top5);
    text += line.erase(line.find_last_not_of(' ') + 1) + '\n';
  };
  add("", "samples", "top-1", "+/-", "top-5");
  for (const ScoreRow& row : rows) {
    add(row.name, whole(row.samples), decimal(row.top1), decimal(row.deviation), decimal(row.top5));
  }
  return text;
}

std::string score_csv(const std::vector<ScoreRow>& rows) {
  std::string text = "name,samples,top1,top5,deviation\n";
  for (const ScoreRow& row : rows) {
    text += fmt::format("{},{},{},{},{}\n", csv_field(row.name), whole(row.samples), exact(row.top1), exact(row.top5),
                        exact(row.deviation));
  }
  return text;
}

nlohmann::ordered_json score_json(const std::vector<ScoreRow>& rows) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const ScoreRow& row : rows) {
    nlohmann::ordered_json entry{{"name", row.name}, {"top1", row.top1}};
    if (row.samples) entry["samples"] = *row.samples;
    if (row.top5) entry["top5"] = *row.top5;
    if (row.deviation) entry["deviation"] = *row.deviation;
    list.push_back(std::move(entry));
  }
  return list;
}

ScoreRow mean_row(const std::vector<ScoreRow>& rows) {
  std::vector<double> top1, top5;
  for (const ScoreRow& row : rows) {
    top1.push_back(row.top1);
    if (row.top5) top5.push_back(*row.top5);
  }
  const Spread spread = spread_of(top1);
  ScoreRow mean{.name = fmt::format("mean of {}", rows.size()), .top1 = spread.mean, .deviation = spread.std_sample};
  if (top5.size() == rows.size()) {
    mean.top5 = spread_of(top5).mean;
  }
  return mean;
}

ScoreRow harmonic_row(const ScoreRow& base, const ScoreRow& novel) {
  return {.name = "harmonic mean", .top1 = harmonic_mean(base.top1, novel.top1)};
}

}  // namespace vifi::train
