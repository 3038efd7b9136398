#include "judged_windows.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "vifi/classify.h"

namespace vifi::tools {
namespace {

std::vector<double> similarities_of(const Result& result, const std::vector<Label>& names) {
  std::vector<double> similarities(names.size());
  for (const ScoredLabel& label : result.labels) {
    const auto found =
        std::find_if(names.begin(), names.end(), [&](const Label& one) { return one.name == label.name; });
    similarities[static_cast<std::size_t>(found - names.begin())] = label.similarity;
  }
  return similarities;
}

/// What a single sampled frame looks like.
struct Glance {
  std::int64_t start_ns;
  std::vector<double> similarities;
};

double change_between(std::int64_t start_ns, std::int64_t end_ns, const std::vector<Glance>& glances) {
  double sum = 0;
  int steps = 0;
  for (std::size_t i = 1; i < glances.size(); ++i) {
    if (glances[i - 1].start_ns < start_ns || glances[i].start_ns >= end_ns) continue;
    double square = 0;
    for (std::size_t k = 0; k < glances[i].similarities.size(); ++k) {
      const double difference = glances[i].similarities[k] - glances[i - 1].similarities[k];
      square += difference * difference;
    }
    sum += std::sqrt(square);
    ++steps;
  }
  return steps > 0 ? sum / steps : 0;
}

}  // namespace

void read_windows(const Timeline& timeline, const std::shared_ptr<ModelHost>& host,
                  const std::shared_ptr<const LabelBank>& labels, std::size_t actions,
                  std::vector<JudgedWindow>& windows) {
  const std::vector<Label>& names = labels->labels().labels;
  const auto play = [&](RecogniserOptions options, const auto& take) {
    options.top_k = static_cast<int>(names.size());
    classify_stream(timeline.video, host, labels, options, {}, [&](const Outcome& outcome, std::int64_t) {
      for (const Result& result : outcome.results) {
        take(result);
      }
    });
  };

  const ModelInfo& info = host->info();
  const std::int64_t period_ns = info.window_ns / info.frames;
  std::vector<Glance> glances;
  RecogniserOptions single;
  single.frames = 1;
  single.window_ns = single.hop_ns = period_ns;
  play(single, [&](const Result& result) { glances.push_back({result.start_ns, similarities_of(result, names)}); });

  play(RecogniserOptions{}, [&](const Result& result) {
    const TimelineSegment* scene = scene_of(result.start_ns, result.end_ns, timeline.segments);
    if (scene == nullptr) return;
    JudgedWindow window{.similarities = similarities_of(result, names),
                        .change = change_between(result.start_ns, result.end_ns, glances),
                        .action = {},
                        .idle = scene->label.empty()};
    for (std::size_t i = 0; i < actions; ++i) {
      if (names[i].name == scene->label) window.action = i;
    }
    windows.push_back(std::move(window));
  });
}

}  // namespace vifi::tools
