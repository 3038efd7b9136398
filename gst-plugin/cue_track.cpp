#include "cue_track.h"

#include <glib.h>

#include <algorithm>
#include <array>
#include <utility>

namespace vifi::gst {
namespace {

constexpr std::int64_t kLongestHop = 60'000'000'000;

template <typename Number>
std::string printed(const char* format, Number value) {
  std::array<char, 32> text{};
  g_snprintf(text.data(), text.size(), format, value);
  return text.data();
}

void replace_all(std::string& text, const std::string& what, const std::string& with) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size()) {
    text.replace(at, what.size(), with);
  }
}

std::string text_of(std::string format, const std::string& label, float score, std::int64_t start_ns,
                    std::int64_t end_ns) {
  replace_all(format, "{score}", printed("%.0f %%", 100.0 * static_cast<double>(score)));
  replace_all(format, "{start}", printed("%.1f", static_cast<double>(start_ns) / 1e9));
  replace_all(format, "{end}", printed("%.1f", static_cast<double>(end_ns) / 1e9));
  replace_all(format, "{label}", label);  // last: a label may hold braces
  return format;
}

}  // namespace

std::vector<Cue> CueTrack::add(const Report& report, std::int64_t now_ns) {
  if (options_.style == CueStyle::results) return results_cues(report, now_ns);
  for (const auto& timed : report.results) {
    if (timed.fresh) earliest_event_ns_ = std::max(earliest_event_ns_, timed.result.start_ns);
  }
  for (const Event& event : report.events)
    note(event);
  return settled();
}

std::vector<Cue> CueTrack::results_cues(const Report& report, std::int64_t now_ns) {
  std::vector<Cue> cues;
  for (const auto& timed : report.results) {
    if (!timed.fresh) continue;
    const Result& result = timed.result;
    if (last_result_ns_ >= 0 && result.pts_ns > last_result_ns_) {
      hop_ns_ = std::min(result.pts_ns - last_result_ns_, kLongestHop);
    }
    last_result_ns_ = result.pts_ns;
    if (!result.accepted || result.labels.empty()) continue;
    const std::int64_t start = std::max(now_ns, position_ns_);
    const std::int64_t end = now_ns + (options_.duration_ns > 0 ? options_.duration_ns : hop_ns_);
    if (end <= start) continue;
    const ScoredLabel& best = result.labels.front();
    cues.push_back({start, end - start,
                    text_of(options_.format.empty() ? "{label} {score} ({start}–{end} s)" : options_.format, best.name,
                            best.score, result.start_ns, result.end_ns)});
    position_ns_ = end;
  }
  return cues;
}

void CueTrack::note(const Event& event) {
  // What lies before the position has been declared final.
  const std::int64_t start = std::max(event.start_ns, position_ns_);
  if (event.phase != EventPhase::end) {
    open_.try_emplace(event.seq, start);
    return;
  }
  const auto known = open_.extract(event.seq);
  const std::int64_t from = known ? known.mapped() : start;
  if (event.end_ns <= from) return;
  closed_.emplace(from, Cue{from, event.end_ns - from,
                            text_of(options_.format.empty() ? "{label} {score}" : options_.format, event.name,
                                    event.peak, event.start_ns, event.end_ns)});
}

std::vector<Cue> CueTrack::settled() {
  std::int64_t first_open = INT64_MAX;
  for (const auto& [seq, start] : open_)
    first_open = std::min(first_open, start);
  std::vector<Cue> cues;
  while (!closed_.empty() && closed_.begin()->first <= first_open) {
    position_ns_ = std::max(position_ns_, closed_.begin()->first);
    cues.push_back(std::move(closed_.begin()->second));
    closed_.erase(closed_.begin());
  }
  return cues;
}

std::int64_t CueTrack::advance(std::int64_t now_ns) {
  std::int64_t final_ns = now_ns;
  if (options_.style == CueStyle::events) {
    final_ns = earliest_event_ns_;
    for (const auto& [seq, start] : open_)
      final_ns = std::min(final_ns, start);
    if (!closed_.empty()) final_ns = std::min(final_ns, closed_.begin()->first);
  }
  position_ns_ = std::max(position_ns_, final_ns);
  return options_.style == CueStyle::results ? now_ns : position_ns_;  // a result's cue may reach beyond now
}

std::vector<Cue> CueTrack::finish() {
  open_.clear();
  return settled();
}

}  // namespace vifi::gst
