#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <iostream>
#include <memory>

#include "commands.h"
#include "inputs.h"
#include "model_arguments.h"
#include "output.h"
#include "result_writer.h"
#include "vifi/classify.h"
#include "vifi/error.h"

namespace vifi::tools {
namespace {

struct Arguments {
  ModelArguments model;
  LabelArguments labels;
  std::vector<std::string> inputs;
  std::string protocol = "windows";
  bool json = false;
  bool csv = false;
  bool no_events = false;
  int frames = 0;
  double window_s = 0;
  double hop_s = 0;
  double timeout_s = 10;
  RecogniserOptions recognition;
};

std::int64_t nanoseconds(double seconds) { return std::llround(seconds * 1e9); }

/// A line on stderr that shows how far the work is, while nobody sees results on the terminal.
class Progress {
 public:
  explicit Progress(const std::string& input) : input_(input), shown_(stderr_is_terminal() && !stdout_is_terminal()) {}
  ~Progress() {
    if (drawn_) std::cerr << "\r\033[K";
  }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void update(std::int64_t pts_ns) {
    const auto now = std::chrono::steady_clock::now();
    if (!shown_ || now - last_ < std::chrono::milliseconds(200)) return;
    last_ = now;
    drawn_ = true;
    std::cerr << "\r\033[K" << input_ << "  " << clock_time(pts_ns) << std::flush;
  }

 private:
  std::string input_;
  bool shown_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point last_;
};

std::unique_ptr<ResultWriter> writer_for(const Arguments& arguments, const LabelSet& labels) {
  if (arguments.json) return make_json_writer(std::cout);
  if (arguments.csv) return make_csv_writer(std::cout);
  return make_table_writer(std::cout, labels);
}

class Classifier {
 public:
  explicit Classifier(const Arguments& arguments)
      : arguments_(arguments),
        host_(ModelHost::get(arguments.model.options())),
        labels_(host_->embed(arguments.labels.set_for(host_->info())).get()),
        writer_(writer_for(arguments, labels_->labels())) {}

  /// @return false if the input failed; the reason is on stderr
  bool classify(const std::string& input) {
    try {
      writer_->begin(input, host_->info());
      const VideoExtent extent = arguments_.protocol == "video" ? whole(input) : windows(input);
      writer_->end(extent);
      if (extent.timed_out) {
        warn(fmt::format("{}: no frame for {:g} s: the results cover what came until then (--timeout waits longer)",
                         input, arguments_.timeout_s));
      }
      return true;
    } catch (const std::exception& error) {
      writer_->abandon();
      std::cout.flush();
      report(error);
      return false;
    }
  }

 private:
  ReaderOptions reading() const { return {.idle_timeout_ns = nanoseconds(arguments_.timeout_s)}; }

  VideoExtent windows(const std::string& input) {
    Progress progress(input);
    return classify_stream(input, host_, labels_, arguments_.recognition, reading(),
                           [&](const Outcome& outcome, std::int64_t pts_ns) {
                             progress.update(pts_ns);
                             for (const Result& result : outcome.results) writer_->write(result);
                             if (arguments_.no_events) return;
                             for (const Event& event : outcome.events) writer_->write(event);
                           });
  }

  VideoExtent whole(const std::string& input) {
    const WholeVideo video = classify_video(input, host_, labels_, arguments_.recognition, reading());
    writer_->write(video.result);
    return video.extent;
  }

  const Arguments& arguments_;
  std::shared_ptr<ModelHost> host_;
  std::shared_ptr<const LabelBank> labels_;
  std::unique_ptr<ResultWriter> writer_;
};

int classify(Arguments& arguments) {
  arguments.labels.check();
  arguments.recognition.frames = arguments.frames;
  arguments.recognition.window_ns = nanoseconds(arguments.window_s);
  arguments.recognition.hop_ns = nanoseconds(arguments.hop_s);
  Classifier classifier(arguments);
  bool all_good = true;
  for (const std::string& input : arguments.inputs) {
    std::vector<std::string> videos;
    try {
      videos = videos_of(input);
    } catch (const Error& error) {
      report(error);
      all_good = false;
    }
    for (const std::string& video : videos) all_good = classifier.classify(video) && all_good;
  }
  return all_good ? kDone : kFailed;
}

}  // namespace

void add_classify(CLI::App& program, Action& action) {
  CLI::App* command = program.add_subcommand("classify", "Say what happens in videos, and when");
  auto arguments = std::make_shared<Arguments>();
  command->add_option("INPUT", arguments->inputs, "Video files, folders of them, or addresses")->required();
  arguments->labels.add_to(*command);
  arguments->model.add_to(*command);

  const std::string windows = "Windows";
  command
      ->add_option("--protocol", arguments->protocol,
                   "windows: a result every hop; video: one for each video, by the reference's test rule")
      ->check(CLI::IsMember({"windows", "video"}).description(""))
      ->type_name("NAME")
      ->capture_default_str()
      ->group(windows);
  command->add_option("--frames", arguments->frames, "Frames of a window [the model's own]")
      ->check(within(1, 1024))->type_name("N")->group(windows);
  command->add_option("--window", arguments->window_s, "Length of a window in seconds [the model's own]")
      ->check(within(0.001, 86400.0))->type_name("S")->group(windows);
  command->add_option("--hop", arguments->hop_s, "Seconds between results [the model's own]")
      ->check(within(0.001, 86400.0))->type_name("S")->group(windows);

  const std::string output = "Output";
  command->add_option("-k,--top-k", arguments->recognition.top_k, "Labels of a result")
      ->check(within(1, 100000))->type_name("N")->capture_default_str()->group(output);
  command->add_option("--threshold", arguments->recognition.threshold, "Results below carry no label")
      ->check(within(0.0, 1.0))->type_name("P")->capture_default_str()->group(output);
  CLI::Option* json = command->add_flag("--json", arguments->json, "One JSON object a line: vifi.result/1, vifi.event/1")
                          ->group(output);
  command->add_flag("--csv", arguments->csv, "One line for each label of each result")->excludes(json)->group(output);
  command->add_flag("--no-events", arguments->no_events, "Results only")->group(output);
  command->add_option("--timeout", arguments->timeout_s, "Longest wait for a frame in seconds")
      ->check(within(0.01, 86400.0))->type_name("S")->capture_default_str();
  command->footer(
      "Example:\n  vifi classify --labels 'playing a guitar;doing push-ups' --json holiday.mp4 > actions.jsonl");
  command->callback([arguments, &action] { action = [arguments] { return classify(*arguments); }; });
}

}  // namespace vifi::tools
