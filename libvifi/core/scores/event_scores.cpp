#include "vifi/event_scores.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <optional>

namespace vifi {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

std::int64_t common_ns(const TimelineSegment& segment, const ReportedEvent& event) {
  return std::max<std::int64_t>(0, std::min(segment.end_ns, event.end_ns) - std::max(segment.start_ns, event.start_ns));
}

double intersection_over_union(const TimelineSegment& segment, const ReportedEvent& event) {
  const std::int64_t common = common_ns(segment, event);
  const std::int64_t both = (segment.end_ns - segment.start_ns) + (event.end_ns - event.start_ns) - common;
  return both > 0 ? static_cast<double>(common) / static_cast<double>(both) : 0;
}

/// Pairs by falling agreement, each segment and each event once.
std::int64_t matches(std::span<const TimelineSegment> timeline, std::span<const ReportedEvent> events, double overlap) {
  struct Pair {
    double agreement;
    std::size_t segment, event;
  };
  std::vector<Pair> pairs;
  for (std::size_t s = 0; s < timeline.size(); ++s) {
    for (std::size_t e = 0; e < events.size(); ++e) {
      const double agreement =
          timeline[s].label == events[e].label ? intersection_over_union(timeline[s], events[e]) : 0;
      if (agreement > 0 && agreement >= overlap) {
        pairs.push_back({agreement, s, e});
      }
    }
  }
  std::stable_sort(pairs.begin(), pairs.end(), [](const Pair& a, const Pair& b) { return a.agreement > b.agreement; });
  std::vector<bool> segment_taken(timeline.size()), event_taken(events.size());
  std::int64_t matched = 0;
  for (const Pair& pair : pairs) {
    if (!segment_taken[pair.segment] && !event_taken[pair.event]) {
      segment_taken[pair.segment] = event_taken[pair.event] = true;
      ++matched;
    }
  }
  return matched;
}

/// Nothing where the segment was missed.
std::optional<double> delay_s(const TimelineSegment& segment, std::span<const ReportedEvent> events) {
  std::optional<std::int64_t> first_ns;
  for (const ReportedEvent& event : events) {
    if (event.label == segment.label && common_ns(segment, event) > 0) {
      first_ns = std::min(first_ns.value_or(event.announced_ns), event.announced_ns);
    }
  }
  if (!first_ns) {
    return std::nullopt;
  }
  return static_cast<double>(std::max<std::int64_t>(0, *first_ns - segment.start_ns)) / 1e9;
}

}  // namespace

double EventScores::f1(std::size_t overlap) const {
  const std::int64_t all = actions + events;
  return all > 0 ? 2.0 * static_cast<double>(matched.at(overlap)) / static_cast<double>(all) : 1;
}

double EventScores::median_delay_s() const {
  if (delays_s.empty()) {
    return kNan;
  }
  std::vector<double> sorted = delays_s;
  std::sort(sorted.begin(), sorted.end());
  const std::size_t half = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

double EventScores::mean_delay_s() const {
  return delays_s.empty()
             ? kNan
             : std::accumulate(delays_s.begin(), delays_s.end(), 0.0) / static_cast<double>(delays_s.size());
}

double EventScores::false_alarms_per_idle_hour() const {
  return idle_ns > 0 ? static_cast<double>(false_alarms) * 3600e9 / static_cast<double>(idle_ns) : kNan;
}

void add_video(EventScores& scores, std::span<const TimelineSegment> timeline, std::span<const ReportedEvent> events) {
  std::vector<TimelineSegment> actions;
  for (const TimelineSegment& segment : timeline) {
    if (segment.label.empty()) {
      scores.idle_ns += segment.end_ns - segment.start_ns;
    } else {
      actions.push_back(segment);
    }
  }
  scores.actions += std::ssize(actions);
  scores.events += std::ssize(events);
  for (std::size_t i = 0; i < EventScores::kOverlaps.size(); ++i) {
    scores.matched[i] += matches(actions, events, EventScores::kOverlaps[i]);
  }
  for (const TimelineSegment& action : actions) {
    if (const auto delay = delay_s(action, events)) {
      scores.delays_s.push_back(*delay);
    }
  }
  for (const ReportedEvent& event : events) {
    std::int64_t idle_ns = 0;
    for (const TimelineSegment& segment : timeline) {
      idle_ns += segment.label.empty() ? common_ns(segment, event) : 0;
    }
    scores.false_alarms += 2 * idle_ns > event.end_ns - event.start_ns ? 1 : 0;
  }
}

}  // namespace vifi
