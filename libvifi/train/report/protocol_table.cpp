#include "report/protocol_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <regex>
#include <tuple>

#include "protocols/metrics.h"

namespace vifi::train {
namespace {

namespace fs = std::filesystem;

std::string file_name(const std::string& path) {
  return fs::path(path).filename().string();
}

/// "train1_few_shot_4.txt" and "train2_few_shot_16.txt" are one.
std::string without_numbers(const std::string& text) {
  return std::regex_replace(text, std::regex("[0-9]+"), "#");
}

std::optional<int> shots_of(const std::string& list) {
  static const std::regex kPatterns[] = {std::regex("few[_-]?shot[s]?[_-]?([0-9]{1,4})", std::regex::icase),
                                         std::regex("([0-9]{1,4})[_-]?shots?", std::regex::icase),
                                         std::regex("(?:^|[_-])k([0-9]{1,4})(?:[_-]|$)", std::regex::icase)};
  const std::string stem = fs::path(list).stem().string();
  for (const std::regex& pattern : kPatterns) {
    if (std::smatch found; std::regex_search(stem, found, pattern)) return std::stoi(found[1]);
  }
  return std::nullopt;
}

std::string trained_on(const Result& result, const Run& run) {
  return run.config ? run.config->text("DATA.TRAIN_FILE") : result.train_list;
}

/// What runs that differ in seed and split alone have in common.
std::string row_key(const Run& run) {
  if (!run.argument.row.empty()) return "row " + run.argument.row;
  if (run.config) {
    nlohmann::json tree = run.config->tree();
    for (const char* key : {"SEED", "OUTPUT", "BASE", "PRINT_FREQ", "SAVE_FREQ"})
      tree.erase(key);
    for (const char* list : {"TRAIN_FILE", "VAL_FILE"}) {
      nlohmann::json& value = tree["DATA"][list];
      if (value.is_string()) value = without_numbers(value.get<std::string>());
    }
    nlohmann::json& start = tree["MODEL"]["RESUME"];
    if (start.is_string()) start = without_numbers(start.get<std::string>());
    return "config " + tree.dump();
  }
  if (run.results.empty()) return "folder " + run.path;
  const Result& result = run.results.front();
  return fmt::format("result {} {} {}", result.pretrained, without_numbers(result.weights), result.label_list);
}

/// The common beginning of the runs' names, without what tells them apart.
std::string common_name(const std::vector<std::string>& names) {
  if (names.size() == 1) return names.front();
  std::string common = names.front();
  for (const std::string& name : names) {
    const auto [end, ignored] = std::mismatch(common.begin(), common.end(), name.begin(), name.end());
    common.erase(end, common.end());
  }
  common = std::regex_replace(common, std::regex("[-_. (/]*(seed|split|shots?|s|k)?[-_. (/]*$", std::regex::icase), "");
  return common.empty() ? names.front() + ", …" : common;
}

struct Score {
  std::string column;
  double top1 = 0;
  std::optional<double> top5{}, deviation{};
  bool trained = true;
};

void add_result(const Result& result, const Run& run, std::vector<Score>& scores) {
  const auto named = [&](const char* name) {
    return std::any_of(result.rows.begin(), result.rows.end(), [&](const ScoreRow& row) { return row.name == name; });
  };
  const bool base_to_novel = named("base") && named("novel");
  const bool mean = std::any_of(result.rows.begin(), result.rows.end(),
                                [](const ScoreRow& row) { return row.deviation.has_value(); });
  const std::string column = protocol_of(result, run);
  const bool trained = !result.weights.empty();
  for (const ScoreRow& row : result.rows) {
    if (base_to_novel) {
      if (row.name == "base" || row.name == "novel") scores.push_back({row.name, row.top1, row.top5, row.deviation, trained});
    } else if (!mean || row.deviation) {  // the mean stands for its splits
      scores.push_back({column, row.top1, row.top5, row.deviation, trained});
    }
  }
}

ProtocolCell cell_of(const std::vector<Score>& scores) {
  std::vector<double> top1, top5;
  for (const Score& score : scores) {
    top1.push_back(score.top1);
    if (score.top5) top5.push_back(*score.top5);
  }
  const Spread spread = spread_of(top1);
  const bool trained = std::any_of(scores.begin(), scores.end(), [](const Score& score) { return score.trained; });
  ProtocolCell cell{.top1 = spread.mean, .results = scores.size(), .seeds = scores.size(), .trained = trained};
  if (scores.size() == 1) {
    cell.deviation = scores.front().deviation;
  } else {
    cell.deviation = spread.std_sample;
  }
  if (top5.size() == scores.size()) cell.top5 = spread_of(top5).mean;
  return cell;
}

/// The harmonic mean of both means; its deviation is that over the results' own.
ProtocolCell harmonic_cell(const ProtocolCell& base, const ProtocolCell& novel, const std::vector<Score>& base_scores,
                           const std::vector<Score>& novel_scores) {
  ProtocolCell cell{.top1 = harmonic_mean(base.top1, novel.top1), .seeds = base.seeds, .trained = base.trained};
  if (base_scores.size() == novel_scores.size() && base_scores.size() > 1) {
    std::vector<double> means;
    for (std::size_t i = 0; i < base_scores.size(); ++i)
      means.push_back(harmonic_mean(base_scores[i].top1, novel_scores[i].top1));
    cell.deviation = spread_of(means).std_sample;
  }
  return cell;
}

ProtocolRow row_of(const std::vector<const Run*>& runs) {
  ProtocolRow row;
  std::map<std::string, std::vector<Score>> by_column;
  for (const Run* run : runs) {
    row.runs.push_back(run->name);
    std::vector<Score> scores;
    for (const Result& result : run->results)
      add_result(result, *run, scores);
    if (const auto best = run->log.best()) scores.push_back({kValidation, best->top1, best->top5, std::nullopt});
    for (Score& score : scores)
      by_column[score.column].push_back(std::move(score));
  }
  const std::string& named = runs.front()->argument.row;
  row.name = named.empty() ? common_name(row.runs) : named;
  for (const auto& [column, scores] : by_column)
    row.cells.emplace(column, cell_of(scores));
  const auto base = row.cells.find(kBase), novel = row.cells.find(kNovel);
  if (base != row.cells.end() && novel != row.cells.end()) {
    row.cells[kHarmonic] = harmonic_cell(base->second, novel->second, by_column[kBase], by_column[kNovel]);
  }
  return row;
}

/// Where a column stands: its group, K, and its name.
std::tuple<int, int, std::string> column_place(const std::string& column) {
  int group = 0;
  for (const char* known : {kZeroShot, kBase, kNovel, kHarmonic}) {
    if (column == known) return {group, 0, ""};
    ++group;
  }
  if (column.starts_with("K=") && column.find_first_not_of("0123456789", 2) == std::string::npos && column.size() < 8 &&
      column.size() > 2) {
    return {10, std::stoi(column.substr(2)), ""};
  }
  if (column == kSupervised) return {11, 0, ""};
  return {column == kValidation ? 12 : 13, 0, column};
}

}  // namespace

std::string protocol_of(const Result& result, const Run& run) {
  if (!run.argument.column.empty()) return run.argument.column;
  if (result.weights.empty()) return kZeroShot;
  const std::string trained_classes = run.config ? run.config->text("DATA.LABEL_LIST") : "";
  if (!trained_classes.empty() && !result.label_list.empty() &&
      file_name(trained_classes) != file_name(result.label_list)) {
    return kZeroShot;
  }
  const std::optional<int> shots = shots_of(trained_on(result, run));
  return shots ? fmt::format("K={}", *shots) : std::string(kSupervised);
}

ProtocolTable protocol_table(const std::vector<Run>& runs) {
  std::vector<std::pair<std::string, std::vector<const Run*>>> groups;
  for (const Run& run : runs) {
    const std::string key = row_key(run);
    const auto place =
        std::find_if(groups.begin(), groups.end(), [&](const auto& group) { return group.first == key; });
    if (place == groups.end()) {
      groups.push_back({key, {&run}});
    } else {
      place->second.push_back(&run);
    }
  }
  ProtocolTable table;
  for (const auto& [key, members] : groups) {
    table.rows.push_back(row_of(members));
    for (const auto& [column, cell] : table.rows.back().cells) {
      if (std::find(table.columns.begin(), table.columns.end(), column) == table.columns.end()) {
        table.columns.push_back(column);
      }
    }
  }
  std::sort(table.columns.begin(), table.columns.end(),
            [](const std::string& a, const std::string& b) { return column_place(a) < column_place(b); });
  return table;
}

nlohmann::ordered_json protocol_json(const ProtocolTable& table) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const ProtocolRow& row : table.rows) {
    nlohmann::ordered_json scores = nlohmann::ordered_json::object();
    for (const std::string& column : table.columns) {
      const auto place = row.cells.find(column);
      if (place == row.cells.end()) continue;
      const ProtocolCell& cell = place->second;
      nlohmann::ordered_json entry{{"top1", cell.top1}};
      if (cell.deviation) entry["deviation"] = *cell.deviation;
      if (cell.top5) entry["top5"] = *cell.top5;
      if (cell.results > 0) entry["results"] = cell.results;
      scores[column] = std::move(entry);
    }
    rows.push_back({{"name", row.name}, {"runs", row.runs}, {"scores", scores}});
  }
  return rows;
}

}  // namespace vifi::train
