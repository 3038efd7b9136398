#include <fmt/format.h>

#include <charconv>
#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>

#include "base/json.h"
#include "commands.h"
#include "protocols/figures.h"
#include "vifi/error.h"

namespace vifi::training {
namespace {

using Json = nlohmann::ordered_json;

struct Arguments {
  std::vector<std::string> files;
  std::vector<std::string> published;
  bool json = false;
  bool csv = false;
};

/// One test and its runs, in the order of the command line.
struct Test {
  std::string name;
  std::vector<nlohmann::json> runs;
};

nlohmann::json read_scores(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) {
    throw Error(ErrorCode::unreadable, "[scores] " + path + ": cannot be read",
                "name what `vifi eval --json` printed into a file, or `--report` wrote");
  }
  try {
    return parse_json(text.str());
  } catch (const std::invalid_argument& error) {
    throw Error(ErrorCode::corrupt, "[scores] " + path + ": " + error.what(),
                "name what `vifi eval --json` printed into a file, or `--report` wrote");
  }
}

/// "hmdb=one.json" is a run of the test "hmdb"; a name with a slash before the sign is a path.
std::vector<Test> read_tests(const std::vector<std::string>& words) {
  std::vector<Test> tests;
  for (const std::string& word : words) {
    const std::size_t sign = word.find('=');
    const bool named = sign != std::string::npos && word.find('/') > sign;
    const std::string name = named ? word.substr(0, sign) : "";
    const auto found = std::find_if(tests.begin(), tests.end(), [&](const Test& test) { return test.name == name; });
    Test& test = found == tests.end() ? tests.emplace_back(Test{.name = name, .runs = {}}) : *found;
    test.runs.push_back(read_scores(named ? word.substr(sign + 1) : word));
  }
  return tests;
}

/// A percentage. Nothing for other text.
std::optional<double> percentage(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && value >= 0 && value <= 100 ? std::optional(value) : std::nullopt;
}

/// "hmdb=51.3" or "k400=83.9/96.3".
std::pair<std::string, train::Published> read_published(const std::string& word) {
  const std::size_t sign = word.rfind('=');
  if (sign != std::string::npos) {
    const std::string values = word.substr(sign + 1);
    const std::size_t slash = values.find('/');
    const auto top1 = percentage(std::string_view(values).substr(0, slash));
    const auto top5 =
        slash == std::string::npos ? std::nullopt : percentage(std::string_view(values).substr(slash + 1));
    if (top1 && (top5 || slash == std::string::npos)) {
      return {word.substr(0, sign), {.top1 = *top1, .top5 = top5}};
    }
  }
  throw Error(ErrorCode::invalid_argument,
              "[scores] --published " + word + ": expected NAME=TOP1 or NAME=TOP1/TOP5, in percent");
}

int run(const Arguments& arguments) {
  std::vector<train::Figure> figures;
  for (const Test& test : read_tests(arguments.files)) {
    for (train::Figure& figure : train::figures_of(test.name, test.runs))
      figures.push_back(std::move(figure));
  }
  std::map<std::string, train::Published> published;
  for (const std::string& word : arguments.published)
    published.insert(read_published(word));
  train::add_published(figures, published);
  if (arguments.json) {
    std::cout << Json{{"schema", "vifi.figures/1"}, {"figures", train::figure_json(figures)}}.dump() << '\n';
  } else {
    std::cout << (arguments.csv ? train::figure_csv(figures) : train::figure_table(figures));
  }
  return kDone;
}

}  // namespace

void add_scores(CLI::App& program, Action& action) {
  CLI::App* command =
      program.add_subcommand("scores", "Joins results of `vifi eval --json`: mean and deviation over seeds");
  const auto arguments = std::make_shared<Arguments>();
  command
      ->add_option("RUN", arguments->files,
                   "What `vifi eval --json` printed; files with the same name are runs of one test")
      ->required()
      ->type_name("[NAME=]FILE");
  command->add_option("--published", arguments->published, "Somebody's figure, to stand beside the result of that name")
      ->type_name("NAME=TOP1[/TOP5]");
  CLI::Option* json = command->add_flag("--json", arguments->json, "One JSON object instead of a table");
  command->add_flag("--csv", arguments->csv, "CSV instead of a table")->excludes(json);
  command->footer(
      "Examples:\n  vifi scores seed1.json seed2.json seed3.json\n"
      "  vifi scores hmdb=hmdb.json ucf=ucf.json --published hmdb=51.3 --published ucf=76.8");
  command->callback([&action, arguments] { action = [arguments] { return run(*arguments); }; });
}

}  // namespace vifi::training
