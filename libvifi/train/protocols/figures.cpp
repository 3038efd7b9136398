#include "protocols/figures.h"

#include <fmt/format.h>

#include <algorithm>

#include "data/text_files.h"
#include "vifi/error.h"

namespace vifi::train {
namespace {

using nlohmann::json;

constexpr std::string_view kBase = "base", kNovel = "novel", kHarmonic = "harmonic mean";

struct Row {
  std::string name;
  double top1 = 0;
  std::optional<double> top5{}, deviation{};
  std::optional<std::int64_t> samples{};
};

template <typename T>
std::optional<T> optional_of(const json& row, const char* key) {
  return row.contains(key) ? std::optional(row.at(key).get<T>()) : std::nullopt;
}

std::vector<Row> rows_of(const json& run) {
  std::vector<Row> rows;
  try {
    if (run.at("schema") == "vifi.scores/1") {
      for (const json& row : run.at("rows")) {
        rows.push_back({.name = row.at("name").get<std::string>(),
                        .top1 = row.at("top1").get<double>(),
                        .top5 = optional_of<double>(row, "top5"),
                        .deviation = optional_of<double>(row, "deviation"),
                        .samples = optional_of<std::int64_t>(row, "samples")});
      }
    }
  } catch (const json::exception&) {
    rows.clear();
  }
  if (rows.empty()) {
    throw Error(ErrorCode::corrupt, "[scores] expected an object of the schema vifi.scores/1 with rows",
                "give what `vifi eval --json` printed");
  }
  return rows;
}

const Row* row_named(const std::vector<Row>& rows, std::string_view name) {
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const Row& row) { return row.name == name; });
  return found == rows.end() ? nullptr : &*found;
}

/// One row of each run.
Figure joined(std::string name, const std::vector<const Row*>& rows) {
  std::vector<double> top1, top5;
  for (const Row* row : rows) {
    top1.push_back(row->top1);
    if (row->top5) top5.push_back(*row->top5);
  }
  const Spread spread = spread_of(top1);
  Figure figure{
      .name = std::move(name), .runs = std::ssize(rows), .samples = rows.front()->samples, .top1 = spread.mean};
  figure.deviation = rows.size() > 1 ? std::optional(spread.std_sample) : rows.front()->deviation;
  if (top5.size() == rows.size()) {
    figure.top5 = spread_of(top5).mean;
  }
  return figure;
}

std::int64_t samples_of(const std::vector<Row>& rows) {
  std::int64_t sum = 0;
  for (const Row& row : rows)
    sum += row.samples.value_or(0);
  return sum;
}

std::string decimal(const std::optional<double>& value) {
  return value ? fmt::format("{:.1f}", *value) : "";
}
std::string exact(const std::optional<double>& value) {
  return value ? fmt::format("{}", *value) : "";
}
std::string whole(const std::optional<std::int64_t>& value) {
  return value ? fmt::format("{}", *value) : "";
}

std::optional<double> published_top1(const Figure& figure) {
  return figure.published ? std::optional(figure.published->top1) : std::nullopt;
}
std::optional<double> published_top5(const Figure& figure) {
  return figure.published ? figure.published->top5 : std::nullopt;
}

}  // namespace

std::vector<Figure> figures_of(const std::string& name, std::span<const json> runs) {
  std::vector<std::vector<Row>> all;
  for (const json& run : runs)
    all.push_back(rows_of(run));
  if (all.empty()) {
    throw Error(ErrorCode::invalid_argument, "[scores] no runs");
  }
  const auto pick = [&](const std::string& figure, auto&& row_in) {
    std::vector<const Row*> rows;
    for (const std::vector<Row>& run : all) {
      const Row* row = row_in(run);
      if (row == nullptr || run.size() != all.front().size()) {
        throw Error(ErrorCode::invalid_argument,
                    "[scores] the runs of " + (name.empty() ? figure : name) + " have other rows",
                    "runs of one test have the same lists");
      }
      rows.push_back(row);
    }
    return joined(figure, rows);
  };
  if (row_named(all.front(), kHarmonic) == nullptr) {
    Figure figure = pick(name.empty() ? all.front().back().name : name, [](const std::vector<Row>& run) {
      return row_named(run, kHarmonic) == nullptr ? &run.back() : nullptr;
    });
    figure.samples = samples_of(all.front());
    return {figure};
  }
  std::vector<Figure> figures;
  for (const std::string_view part : {kBase, kNovel, kHarmonic}) {
    figures.push_back(pick((name.empty() ? "" : name + " ") + std::string(part),
                           [&](const std::vector<Row>& run) { return row_named(run, part); }));
  }
  figures[2].top1 = harmonic_mean(figures[0].top1, figures[1].top1);
  return figures;
}

void add_published(std::vector<Figure>& figures, const std::map<std::string, Published>& published) {
  for (const auto& [name, value] : published) {
    const auto found =
        std::find_if(figures.begin(), figures.end(), [&](const Figure& figure) { return figure.name == name; });
    if (found == figures.end()) {
      std::string known;
      for (const Figure& figure : figures)
        known += (known.empty() ? "" : ", ") + figure.name;
      throw Error(ErrorCode::invalid_argument, "[scores] a published figure for " + name + ", which is no result",
                  "there are " + known);
    }
    found->published = value;
  }
}

std::string figure_table(const std::vector<Figure>& figures) {
  std::size_t width = 4;
  bool published = false, both = false;
  for (const Figure& figure : figures) {
    width = std::max(width, figure.name.size());
    published = published || figure.published;
    both = both || published_top5(figure);
  }
  std::string text;
  const auto add = [&](const std::string& name, const std::string& runs, const std::string& samples,
                       const std::string& top1, const std::string& deviation, const std::string& top5,
                       const std::string& theirs, const std::string& difference, const std::string& theirs5) {
    std::string line =
        fmt::format("{:<{}}  {:>4}  {:>7}  {:>6}{:>6}  {:>6}", name, width, runs, samples, top1, deviation, top5);
    line += published ? fmt::format("  {:>9}  {:>10}", theirs, difference) : "";
    line += both ? fmt::format("  {:>15}", theirs5) : "";
    text += line.erase(line.find_last_not_of(' ') + 1) + '\n';
  };
  add("", "runs", "samples", "top-1", "+/-", "top-5", "published", "difference", "published top-5");
  for (const Figure& figure : figures) {
    const auto theirs = published_top1(figure);
    add(figure.name, whole(figure.runs), whole(figure.samples), decimal(figure.top1), decimal(figure.deviation),
        decimal(figure.top5), decimal(theirs), theirs ? fmt::format("{:+.1f}", figure.top1 - *theirs) : "",
        decimal(published_top5(figure)));
  }
  return text;
}

std::string figure_csv(const std::vector<Figure>& figures) {
  std::string text = "name,runs,samples,top1,deviation,top5,published_top1,published_top5\n";
  for (const Figure& figure : figures) {
    text += fmt::format("{},{},{},{},{},{},{},{}\n", csv_field(figure.name), figure.runs, whole(figure.samples),
                        exact(figure.top1), exact(figure.deviation), exact(figure.top5), exact(published_top1(figure)),
                        exact(published_top5(figure)));
  }
  return text;
}

nlohmann::ordered_json figure_json(const std::vector<Figure>& figures) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Figure& figure : figures) {
    nlohmann::ordered_json entry{{"name", figure.name}, {"runs", figure.runs}, {"top1", figure.top1}};
    if (figure.samples) entry["samples"] = *figure.samples;
    if (figure.deviation) entry["deviation"] = *figure.deviation;
    if (figure.top5) entry["top5"] = *figure.top5;
    if (figure.published) {
      entry["published"] = {{"top1", figure.published->top1}};
      if (figure.published->top5) entry["published"]["top5"] = *figure.published->top5;
    }
    list.push_back(std::move(entry));
  }
  return list;
}

}  // namespace vifi::train
