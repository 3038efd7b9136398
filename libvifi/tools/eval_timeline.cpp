// `vifi eval --timeline`: events of the windows against what the videos show.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "event_arguments.h"
#include "model_arguments.h"
#include "output.h"
#include "timeline.h"
#include "vifi/classify.h"
#include "vifi/event_scores.h"

namespace vifi::tools {
namespace {

struct Arguments {
  ModelArguments model;
  LabelArguments labels;
  EventArguments events;
  std::vector<std::string> timelines;
  bool json = false;
};

/// Windows that an action fills for the most part.
struct WindowScores {
  std::int64_t windows = 0;
  std::int64_t right = 0;  ///< of which the best label is that action

  void add(const Result& result, const std::vector<TimelineSegment>& segments) {
    const TimelineSegment* scene = scene_of(result.start_ns, result.end_ns, segments);
    if (scene == nullptr || scene->label.empty()) return;
    ++windows;
    right += !result.labels.empty() && result.labels.front().name == scene->label ? 1 : 0;
  }
  /// NaN without such windows.
  double accuracy() const { return static_cast<double>(right) / static_cast<double>(windows); }
};

/// @param windows  get what is added by this video
std::vector<ReportedEvent> events_of(const Timeline& timeline, const std::shared_ptr<ModelHost>& host,
                                     const std::shared_ptr<const LabelBank>& labels, const RecogniserOptions& options,
                                     WindowScores& windows) {
  std::map<std::uint64_t, ReportedEvent> events;
  classify_stream(timeline.video, host, labels, options, {}, [&](const Outcome& outcome, std::int64_t pts_ns) {
    for (const Result& result : outcome.results)
      windows.add(result, timeline.segments);
    for (const Event& event : outcome.events) {
      if (event.phase == EventPhase::start) {
        events[event.seq] = {event.start_ns, event.end_ns, pts_ns, event.name};
      } else {
        events[event.seq].end_ns = event.end_ns;
      }
    }
  });
  std::vector<ReportedEvent> list;
  for (auto& [seq, event] : events)
    list.push_back(std::move(event));
  return list;
}

nlohmann::ordered_json json_of(const std::string& name, const EventScores& scores, const WindowScores& windows) {
  const auto number = [](double value) {
    return std::isnan(value) ? nlohmann::ordered_json() : nlohmann::ordered_json(value);
  };
  return {{"schema", "vifi.event-scores/1"},
          {"video", name},
          {"actions", scores.actions},
          {"events", scores.events},
          {"f1_at_10", scores.f1(0)},
          {"f1_at_25", scores.f1(1)},
          {"f1_at_50", scores.f1(2)},
          {"announced", scores.delays_s.size()},
          {"median_delay_s", number(scores.median_delay_s())},
          {"mean_delay_s", number(scores.mean_delay_s())},
          {"false_alarms", scores.false_alarms},
          {"idle_s", static_cast<double>(scores.idle_ns) / 1e9},
          {"false_alarms_per_idle_hour", number(scores.false_alarms_per_idle_hour())},
          {"windows", windows.windows},
          {"window_accuracy", number(windows.accuracy())}};
}

std::vector<std::string> row_of(const std::string& name, const EventScores& scores, const WindowScores& windows) {
  const auto seconds = [](double value) {
    return std::isnan(value) ? std::string("-") : fmt::format("{:.1f} s", value);
  };
  const double alarms = scores.false_alarms_per_idle_hour();
  return {name,
          fmt::format("{}", scores.actions),
          fmt::format("{}", scores.events),
          fmt::format("{:.3f}", scores.f1(0)),
          fmt::format("{:.3f}", scores.f1(1)),
          fmt::format("{:.3f}", scores.f1(2)),
          seconds(scores.median_delay_s()),
          seconds(scores.mean_delay_s()),
          fmt::format("{:.0f} s", static_cast<double>(scores.idle_ns) / 1e9),
          std::isnan(alarms) ? "-" : fmt::format("{:.0f}", alarms),
          windows.windows == 0 ? "-" : fmt::format("{:.3f} of {}", windows.accuracy(), windows.windows)};
}

int evaluate(const Arguments& arguments) {
  arguments.labels.check();
  const std::vector<Timeline> timelines = read_timelines(arguments.timelines);
  const auto host = ModelHost::get(arguments.model.options());
  const auto labels = host->embed(arguments.labels.set_for(host->info())).get();
  RecogniserOptions options;
  options.events = arguments.events.options();

  Table table;
  table.add({"video", "actions", "events", "F1@0.1", "F1@0.25", "F1@0.5", "median delay", "mean", "idle",
             "false alarms per idle hour", "windows right"});
  EventScores all;
  WindowScores all_windows;
  for (const Timeline& timeline : timelines) {
    WindowScores windows;
    const std::vector<ReportedEvent> events = events_of(timeline, host, labels, options, windows);
    all_windows.windows += windows.windows;
    all_windows.right += windows.right;
    EventScores scores;
    add_video(scores, timeline.segments, events);
    add_video(all, timeline.segments, events);
    table.add(row_of(timeline.video, scores, windows));
    if (arguments.json) std::cout << json_of(timeline.video, scores, windows).dump() << '\n';
  }
  table.add(row_of("all", all, all_windows));
  if (arguments.json) {
    std::cout << json_of("all", all, all_windows).dump() << '\n';
  } else {
    std::cout << table.text();
  }
  return kDone;
}

}  // namespace

int eval_timeline(std::vector<std::string> words) {
  CLI::App program{"Scores events against timelines: segmental F1, delay of the announcement, false alarms, windows",
                   "vifi eval --timeline"};
  Arguments arguments;
  program
      .add_option("--timeline", arguments.timelines,
                  "Timelines, videos with a .timeline.json beside them, or folders of them")
      ->required()
      ->type_name("PATH");
  arguments.labels.add_to(program);
  arguments.model.add_to(program);
  arguments.events.add_to(program);
  program.add_flag("--json", arguments.json, "One JSON object a video, then one of all: vifi.event-scores/1");
  program.footer(
      "Example:\n  vifi eval --timeline broadcasts --background-labels 'a person stands still;an empty landscape'");
  const auto asks_for_help = [](const std::string& word) { return word == "--help" || word == "-h"; };
  if (std::any_of(words.begin(), words.end(), asks_for_help)) {
    words = {"--help"};  // behind --timeline it would be taken for a path
  }
  std::reverse(words.begin(), words.end());  // as CLI11 wants them
  try {
    program.parse(std::move(words));
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? kDone : kUsage;
  }
  return evaluate(arguments);
}

}  // namespace vifi::tools
