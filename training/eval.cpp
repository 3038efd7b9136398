#include <fmt/format.h>

#include <filesystem>
#include <iostream>
#include <memory>

#include "base/atomic_file.h"
#include "commands.h"
#include "config_arguments.h"
#include "protocols/clip_sets.h"
#include "protocols/start.h"
#include "report/score_table.h"
#include "session.h"
#include "vifi/error.h"

namespace vifi::training {
namespace {

using Json = nlohmann::ordered_json;

struct Arguments {
  ConfigArguments config;
  MachineArguments machine;
  std::vector<std::string> lists, labels;
  std::string novel_list, novel_labels;
  std::string report;
  bool json = false;
  bool csv = false;
};

/// @param root  of the videos
Json details(const std::string& list, const std::string& root, const LabelSet& labels, const train::Evaluation& evaluation,
             const train::VideoClips& clips) {
  Json classes = Json::array(), samples = Json::array();
  const std::vector<double> shares = evaluation.accuracy.per_class();
  for (std::size_t i = 0; i < shares.size(); ++i) {
    classes.push_back({{"name", labels.labels[i].name}, {"top1", std::isnan(shares[i]) ? Json() : Json(shares[i])}});
  }
  for (const train::Judged& judged : evaluation.samples) {
    samples.push_back({{"video", clips.name(static_cast<std::size_t>(judged.sample))},
                       {"label", judged.label},
                       {"best", judged.best},
                       {"score", judged.score}});
  }
  return {{"list", list}, {"root", root}, {"classes", classes}, {"confusion", evaluation.accuracy.confusion()}, {"samples", samples}};
}

class Run {
 public:
  explicit Run(const Arguments& arguments)
      : arguments_(arguments),
        group_(group_of_environment()),
        config_(arguments.config.resolve()),
        labels_(train::classes_of(config_)),
        model_(train::tested_model(config_, arguments.machine.device())),
        templates_(train::tested_templates(config_, *model_)),
        preprocess_(train::tested_preprocess(config_, *model_)) {
    if (!arguments_.labels.empty() && arguments_.labels.size() != arguments_.lists.size()) {
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("[eval] {} --labels: expected one for each --list, of which there are {}",
                              arguments_.labels.size(), arguments_.lists.size()));
    }
  }

  int eval() {
    std::vector<train::ScoreRow> rows;
    const std::vector<std::string> lists = arguments_.lists.empty() ? std::vector<std::string>{""} : arguments_.lists;
    for (std::size_t i = 0; i < lists.size(); ++i) {
      rows.push_back(
          test(lists[i], arguments_.labels.empty() ? labels_ : read_label_file(arguments_.labels[i]), config_));
    }
    if (rows.size() > 1) {
      rows.push_back(train::mean_row(rows));
    }
    if (!arguments_.novel_list.empty()) {
      train::ScoreRow base = rows.back();
      base.name = "base";
      rows = {base, novel()};
      rows.push_back(train::harmonic_row(rows[0], rows[1]));
    }
    if (!group_ || group_->rank() == 0) {
      print(rows);
    }
    return kDone;
  }

 private:
  train::ScoreRow novel() {
    if (arguments_.novel_labels.empty()) {
      throw Error(ErrorCode::invalid_argument, "[eval] --novel-list needs --novel-labels",
                  "name the label file of the novel classes");
    }
    train::ScoreRow row = test(arguments_.novel_list, read_label_file(arguments_.novel_labels), config_);
    row.name = "novel";
    return row;
  }

  train::ScoreRow test(const std::string& list, LabelSet labels, const train::Config& config) {
    labels.templates = templates_;
    const auto clips = train::test_clips(config, list, preprocess_, {.cache_folder = arguments_.machine.cache()});
    const std::string file = list.empty() ? config.text("DATA.VAL_FILE") : list;
    const std::string name = std::filesystem::path(file).stem().string();
    const train::Evaluation evaluation = run_test(*model_, clips, labels, config, arguments_.machine, name, progress_, group_.get());
    if (!arguments_.report.empty()) {
      details_.push_back(details(file, root(), labels, evaluation, *clips));
    }
    return {.name = name,
            .samples = evaluation.accuracy.total(),
            .top1 = evaluation.accuracy.top1(),
            .top5 = evaluation.accuracy.top5()};
  }

  void print(const std::vector<train::ScoreRow>& rows) const {
    const Json scores{
        {"schema", "vifi.scores/1"},
        {"model", model_name()},
        {"pretrained", config_.text("MODEL.PRETRAINED")},
        {"weights", config_.text("MODEL.RESUME")},
        {"train_list", config_.text("DATA.TRAIN_FILE")},
        {"label_list", arguments_.labels.empty() ? config_.text("DATA.LABEL_LIST") : arguments_.labels.front()},
        {"rows", train::score_json(rows)}};
    if (arguments_.json) {
      std::cout << scores.dump() << '\n';
    } else {
      std::cout << (arguments_.csv ? train::score_csv(rows) : train::score_table(rows));
    }
    if (!arguments_.report.empty()) {
      Json report = scores;
      report["lists"] = details_;
      AtomicFile file(arguments_.report, "eval");
      file.write(report.dump(1) + "\n");
      file.commit();
    }
  }

  /// DATA.ROOT so that another program finds it too.
  std::string root() const {
    const std::string folder = config_.text("DATA.ROOT");
    return std::filesystem::absolute(folder.empty() ? "." : folder).string();
  }

  std::string model_name() const {
    const std::string tuned = config_.text("MODEL.RESUME");
    return tuned.empty() ? config_.text("MODEL.PRETRAINED") : tuned;
  }

  static std::unique_ptr<train::ProcessGroup> group_of_environment() {
    const auto launch = train::launch_of_environment();
    return launch ? train::join_gloo(*launch) : nullptr;
  }

  const Arguments& arguments_;
  std::unique_ptr<train::ProcessGroup> group_;  // null: this process is alone
  train::Config config_;
  LabelSet labels_;
  std::unique_ptr<Method> model_;
  std::vector<std::string> templates_;  // empty: the model's own
  PreprocessSpec preprocess_;
  Json details_ = Json::array();
  Progress progress_;
};

int run(Arguments& arguments) {
  arguments.machine.apply(Products::fastest);
  return Run(arguments).eval();
}

}  // namespace

void add_eval(CLI::App& program, Action& action) {
  CLI::App* command = program.add_subcommand("eval", "Scores a model on annotation lists: top-1 and top-5");
  const auto arguments = std::make_shared<Arguments>();
  arguments->config.add_to(*command);
  arguments->machine.add_to(*command);
  command
      ->add_option("--list", arguments->lists,
                   "Annotation list; several are splits, whose mean is given too [DATA.VAL_FILE]")
      ->type_name("FILE");
  command
      ->add_option("--labels", arguments->labels,
                   "Label file of each --list, where they have other classes [DATA.LABEL_LIST]")
      ->type_name("FILE");
  command
      ->add_option("--novel-list", arguments->novel_list,
                   "Clips of classes that were not trained on: base, novel and harmonic mean")
      ->type_name("FILE");
  command->add_option("--novel-labels", arguments->novel_labels, "Label file of those classes")->type_name("FILE");
  command->add_option("--report", arguments->report, "Write classes, confusions and every clip's result there, as JSON")
      ->type_name("FILE");
  CLI::Option* json = command->add_flag("--json", arguments->json, "One JSON object instead of a table");
  command->add_flag("--csv", arguments->csv, "CSV instead of a table")->excludes(json);
  command->footer(
      "Example:\n  vifi eval --config run.yaml --pretrained ViT-B-16.pt --weights runs/one/best.pth\n"
      "`vifi eval --timeline --help` tells how events are scored instead.");
  command->callback([&action, arguments] { action = [arguments] { return run(*arguments); }; });
}

}  // namespace vifi::training
