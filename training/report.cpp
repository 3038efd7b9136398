#include <filesystem>
#include <iostream>
#include <memory>

#include "base/atomic_file.h"
#include "commands.h"
#include "report/page.h"
#include "report/protocol_table.h"
#include "report/row_differences.h"
#include "report/runs.h"
#include "vifi/error.h"

namespace vifi::training {
namespace {

namespace fs = std::filesystem;

struct Arguments {
  std::vector<std::string> runs;
  std::string output;
  std::string root;
  int errors = 9;
  bool json = false;
};

/// `report.html` in the first run's folder, or beside the first file.
std::string default_output(const std::string& path) {
  std::error_code error;
  return ((fs::is_directory(path, error) ? fs::path(path) : fs::path(path).parent_path()) / "report.html").string();
}

int run(const Arguments& arguments) {
  std::vector<train::RunArgument> named;
  for (const std::string& word : arguments.runs)
    named.push_back(train::RunArgument::parse(word));
  const std::vector<train::Run> runs = train::read_runs(named);
  const train::ProtocolTable table = train::protocol_table(runs);
  const std::string output = arguments.output.empty() ? default_output(named.front().path) : arguments.output;
  AtomicFile file(output, "report");
  file.write(
      train::report_page(runs, table, {.root = arguments.root, .errors = static_cast<std::size_t>(arguments.errors)}));
  file.commit();
  if (arguments.json) {
    const nlohmann::ordered_json summary{
        {"schema", "vifi.report/1"},
                                         {"page", output},
                                         {"rows", train::protocol_json(table)},
                                         {"differences", train::differences_json(train::row_differences(table))}};
    std::cout << summary.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
  } else {
    std::cout << output << '\n';
  }
  return kDone;
}

}  // namespace

void add_report(CLI::App& program, Action& action) {
  CLI::App* command = program.add_subcommand("report", "Makes an HTML page of trainings and their results");
  const auto arguments = std::make_shared<Arguments>();
  command
      ->add_option(
          "RUN", arguments->runs,
          "Run folders of `vifi train`, files of `vifi eval --report` or --json; ROW=PATH and ROW:COLUMN=PATH say "
          "where in the table it belongs")
      ->required()
      ->type_name("RUN…");
  command->add_option("-o,--output", arguments->output, "The page [report.html in the first run's folder]")
      ->type_name("FILE");
  command->add_option("--root", arguments->root, "Where the videos lie [as the evaluation had it]")
      ->type_name("FOLDER");
  command->add_option("--errors", arguments->errors, "Wrong clips of each list that are shown")
      ->check(CLI::Range(0, 100).description(""))
      ->capture_default_str();
  command->add_flag("--json", arguments->json, "Print the table as a JSON object too");
  command->footer(
      "Files of results in a run's folder belong to that run. Runs that differ in seed and split alone make one row, "
      "with\n"
      "mean and deviation.\n"
      "Example:\n  vifi eval --config run.yaml --weights runs/one/best.pth --report runs/one/test.json\n"
      "  vifi report runs/one");
  command->callback([&action, arguments] { action = [arguments] { return run(*arguments); }; });
}

}  // namespace vifi::training
