#include "report/runs.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "vifi/error.h"

namespace vifi::train {
namespace {

namespace fs = std::filesystem;

fs::path whole(const std::string& path) {
  std::error_code error;
  fs::path canonical = fs::weakly_canonical(path, error);
  if (error) canonical = fs::absolute(path, error).lexically_normal();
  return canonical.has_filename() ? canonical : canonical.parent_path();
}

/// Files of results in a folder, the newest first.
std::vector<std::string> score_files(const fs::path& folder) {
  std::vector<std::pair<fs::file_time_type, std::string>> found;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (entry.path().extension() == ".json" && !name.starts_with('.') && holds_scores(entry.path().string())) {
      found.emplace_back(fs::last_write_time(entry.path(), error), entry.path().string());
    }
  }
  std::sort(found.rbegin(), found.rend());
  std::vector<std::string> files;
  for (auto& [time, file] : found)
    files.push_back(std::move(file));
  return files;
}

/// What tells results of one run apart: the lists that they are about.
std::string subject(const Result& result) {
  std::string names = result.weights.empty() ? "pretrained" : "tuned";
  for (const ScoreRow& row : result.rows)
    names += '\n' + row.name;
  return names;
}

Run read_folder(const RunArgument& argument) {
  Run run;
  const fs::path folder = argument.path;
  run.path = argument.path;
  run.name = whole(argument.path).filename().string();
  run.argument = argument;
  std::error_code error;
  if (fs::exists(folder / "config.yaml", error)) run.config = stored_config((folder / "config.yaml").string());
  if (fs::exists(folder / "log.jsonl", error)) run.log = read_run_log((folder / "log.jsonl").string());
  std::set<std::string> subjects;
  for (const std::string& file : score_files(folder)) {
    Result result = read_result(file);
    if (subjects.insert(subject(result)).second) run.results.push_back(std::move(result));
  }
  std::sort(run.results.begin(), run.results.end(), [](const Result& a, const Result& b) {
    return std::pair(a.weights.empty(), a.file) < std::pair(b.weights.empty(), b.file);  // fine-tuned ones first
  });
  return run;
}

Run run_of(Result result, const RunArgument& argument) {
  Run run;
  const std::string& model = result.weights.empty() ? result.pretrained : result.weights;
  fs::path named = whole(model.empty() ? result.file : model);
  if (!result.weights.empty()) {
    std::error_code error;
    const fs::path config = named.parent_path() / "config.yaml";
    if (fs::exists(config, error)) run.config = stored_config(config.string());
    named = named.parent_path();  // best.pth is in the folder that has the name
  }
  run.name = result.weights.empty() ? named.stem().string() : named.filename().string();
  run.path = result.file;
  run.argument = argument;
  run.results.push_back(std::move(result));
  return run;
}

bool lies_in(const Result& result, const Run& run) {
  return !result.weights.empty() && whole(result.weights).parent_path() == whole(run.path);
}

bool has(const Run& run, const std::string& file) {
  return std::any_of(run.results.begin(), run.results.end(),
                     [&](const Result& result) { return whole(result.file) == whole(file); });
}

void expect_content(const Run& run) {
  const bool scores =
      std::any_of(run.results.begin(), run.results.end(), [](const Result& r) { return !r.rows.empty(); });
  if (!scores && run.log.steps.empty() && run.log.tests.empty()) {
    throw Error(ErrorCode::not_found,
                "[report] " + run.path + ": no results: neither log.jsonl with entries nor scores",
                "name a folder that `vifi train --output` wrote, or a file of `vifi eval --report`");
  }
}

/// Runs of the same name are told apart by what stands before it, at last by a number.
void tell_apart(std::vector<Run>& runs) {
  std::map<std::string, int> times;
  for (const Run& run : runs)
    ++times[run.name];
  std::set<std::string> taken;
  for (Run& run : runs) {
    if (times[run.name] > 1) {
      const fs::path path = whole(run.path);
      run.name = path.parent_path().filename().string() + "/" + path.filename().string();
    }
    const std::string stem = run.name;
    for (int number = 2; !taken.insert(run.name).second; ++number)
      run.name = stem + " (" + std::to_string(number) + ")";
  }
}

}  // namespace

RunArgument RunArgument::parse(const std::string& word) {
  RunArgument argument{.path = word, .row = {}, .column = {}};
  std::error_code error;
  std::size_t equals = word.find('=');
  if (fs::exists(word, error) || equals == std::string::npos) return argument;
  // Columns hold signs of equality too ("K=2"), and so may paths: the sign behind which something exists is meant.
  for (std::size_t at = equals; at != std::string::npos; at = word.find('=', at + 1)) {
    if (fs::exists(word.substr(at + 1), error)) {
      equals = at;
      break;
    }
  }
  argument.path = word.substr(equals + 1);
  argument.row = word.substr(0, equals);
  if (const std::size_t colon = argument.row.find(':'); colon != std::string::npos) {
    argument.column = argument.row.substr(colon + 1);
    argument.row.resize(colon);
  }
  return argument;
}

std::vector<Run> read_runs(const std::vector<RunArgument>& arguments) {
  std::vector<Run> runs;
  std::set<fs::path> seen;
  std::error_code error;
  for (const RunArgument& argument : arguments) {
    if (fs::is_directory(argument.path, error) && seen.insert(whole(argument.path)).second) {
      runs.push_back(read_folder(argument));
    }
  }
  for (const RunArgument& argument : arguments) {
    if (fs::is_directory(argument.path, error) || !seen.insert(whole(argument.path)).second) continue;
    Result result = read_result(argument.path);
    const bool plain = argument.row.empty() && argument.column.empty();
    if (plain && std::any_of(runs.begin(), runs.end(), [&](const Run& run) { return has(run, argument.path); }))
      continue;
    const auto owner = std::find_if(runs.begin(), runs.end(), [&](const Run& run) { return lies_in(result, run); });
    if (plain && owner != runs.end()) {
      owner->results.push_back(std::move(result));
    } else {
      runs.push_back(run_of(std::move(result), argument));
    }
  }
  for (const Run& run : runs)
    expect_content(run);
  tell_apart(runs);
  return runs;
}

}  // namespace vifi::train
