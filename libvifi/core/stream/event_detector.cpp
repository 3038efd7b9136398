#include "vifi/event_detector.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "vifi/error.h"

namespace vifi {
namespace {

/// A label's way through pauses and spans. Without a start it has neither; without a number it is not announced.
struct Track {
  std::string name;
  int id = 0;
  std::optional<double> smoothed;  // nothing before its first probability
  std::optional<std::int64_t> start_ns;
  std::optional<std::int64_t> paused_at_ns;
  std::optional<std::uint64_t> seq;
  double peak = 0;

  bool open() const { return seq.has_value(); }
  void forget_span() {
    start_ns.reset();
    paused_at_ns.reset();
    seq.reset();
    peak = 0;
  }
};

void validate(const EventOptions& options) {
  const auto require = [](bool condition, const std::string& message, const char* hint) {
    if (!condition) {
      throw Error(ErrorCode::invalid_argument, "[events] " + message, hint);
    }
  };
  const auto fraction = [](double value) { return value >= 0 && value <= 1; };
  require(fraction(options.enter_threshold) && fraction(options.exit_threshold),
          "thresholds: expected 0 to 1, got enter " + std::to_string(options.enter_threshold) + " and exit " +
              std::to_string(options.exit_threshold),
          "they are compared with probabilities");
  require(options.exit_threshold <= options.enter_threshold,
          "exit threshold " + std::to_string(options.exit_threshold) + ": expected at most the enter threshold " +
              std::to_string(options.enter_threshold),
          "lower the exit threshold or raise the enter threshold");
  require(options.smoothing_ns >= 0 && options.min_duration_ns >= 0 && options.merge_gap_ns >= 0,
          "smoothing, minimum duration and merge gap: expected no negative time", "0 switches each of them off");
}

}  // namespace

class EventDetector::Impl {
 public:
  explicit Impl(const EventOptions& options) { set_options(options); }

  void set_options(const EventOptions& options) {
    validate(options);
    options_ = options;
  }

  std::vector<Event> set_labels(const LabelSet& labels) {
    std::vector<Event> events;
    if (follows(labels)) {
      return events;
    }
    std::vector<Track> tracks;
    for (const Label& label : labels.labels) {
      if (label.background) {
        continue;
      }
      const auto known = std::find_if(tracks_.begin(), tracks_.end(),
                                      [&](const Track& track) { return track.name == label.name; });
      Track track;
      if (known != tracks_.end()) {
        track = std::move(*known);
        tracks_.erase(known);
      }
      track.name = label.name;
      track.id = label.id;
      tracks.push_back(std::move(track));
    }
    end_all(events);  // of those that are left over
    tracks_ = std::move(tracks);
    return events;
  }

  std::vector<Event> update(const Result& result, const LabelSet& labels, std::span<const float> probabilities) {
    if (probabilities.size() != labels.labels.size()) {
      throw Error(ErrorCode::internal, "[events] expected " + std::to_string(labels.labels.size()) +
                                           " probabilities, got " + std::to_string(probabilities.size()));
    }
    std::vector<Event> events = set_labels(labels);
    smooth(result, labels, probabilities);
    const std::int64_t middle_ns = result.start_ns + (result.end_ns - result.start_ns) / 2;
    const std::int64_t change_ns = newest_end_ns_ ? middle_ns : result.start_ns;
    newest_end_ns_ = result.end_ns;
    tag_ = result.tag;

    advance(change_ns, middle_ns);
    end_where_due(middle_ns, events);
    open_where_due(middle_ns, events);
    return events;
  }

  std::vector<Event> finish() {
    std::vector<Event> events;
    end_all(events);
    tracks_.clear();
    newest_end_ns_.reset();
    return events;
  }

 private:
  /// Do the tracks belong to these labels already?
  bool follows(const LabelSet& labels) const {
    auto track = tracks_.begin();
    for (const Label& label : labels.labels) {
      if (!label.background && (track == tracks_.end() || track->name != label.name || (track++)->id != label.id)) {
        return false;
      }
    }
    return track == tracks_.end();
  }

  void smooth(const Result& result, const LabelSet& labels, std::span<const float> probabilities) {
    const std::int64_t passed_ns = newest_end_ns_ ? std::max<std::int64_t>(0, result.end_ns - *newest_end_ns_) : 0;
    const double weight = options_.smoothing_ns == 0 ? 1.0
                                                     : -std::expm1(-static_cast<double>(passed_ns) /
                                                                   static_cast<double>(options_.smoothing_ns));
    auto track = tracks_.begin();
    for (std::size_t i = 0; i < labels.labels.size(); ++i) {
      if (!labels.labels[i].background) {
        const double probability = probabilities[i];
        track->smoothed = track->smoothed ? *track->smoothed + weight * (probability - *track->smoothed) : probability;
        ++track;
      }
    }
  }

  /// Begins, holds and pauses spans.
  void advance(std::int64_t change_ns, std::int64_t middle_ns) {
    const Track* leader = options_.exclusive ? strongest() : nullptr;
    for (Track& track : tracks_) {
      const bool leads = !options_.exclusive || &track == leader;
      if (!track.start_ns && leads && *track.smoothed >= options_.enter_threshold) {
        track.start_ns = change_ns;
      }
      if (!track.start_ns) {
        continue;
      }
      if (leads && *track.smoothed >= options_.exit_threshold) {
        track.paused_at_ns.reset();
      } else if (!track.open() && leader != nullptr) {
        track.forget_span();  // or it could be announced later and overlap the leader's
        continue;
      } else if (!track.paused_at_ns) {
        track.paused_at_ns = middle_ns;
      }
      track.peak = std::max(track.peak, *track.smoothed);
    }
  }

  /// Of the labels that reach the enter threshold, else of those whose span goes on, the strongest; the first on ties.
  const Track* strongest() const {
    const auto best_of = [&](auto qualifies) {
      const Track* best = nullptr;
      for (const Track& track : tracks_) {
        if (qualifies(track) && (best == nullptr || *track.smoothed > *best->smoothed)) {
          best = &track;
        }
      }
      return best;
    };
    const Track* best = best_of([&](const Track& track) { return *track.smoothed >= options_.enter_threshold; });
    return best != nullptr ? best : best_of([&](const Track& track) {
      return track.start_ns && *track.smoothed >= options_.exit_threshold;
    });
  }

  /// Ends spans whose pause will be longer than the gap: one that has lasted the gap and is still going on.
  void end_where_due(std::int64_t middle_ns, std::vector<Event>& events) {
    for (Track& track : tracks_) {
      if (track.paused_at_ns && middle_ns - *track.paused_at_ns >= options_.merge_gap_ns) {
        end(track, events);
      }
    }
  }

  void open_where_due(std::int64_t middle_ns, std::vector<Event>& events) {
    const std::uint64_t first_new_seq = next_seq_;
    for (Track& track : tracks_) {
      if (track.start_ns && !track.open() && !track.paused_at_ns &&
          middle_ns - *track.start_ns >= options_.min_duration_ns) {
        if (options_.exclusive) {
          end_all(events);
        }
        track.seq = next_seq_++;
        events.push_back(event(track, EventPhase::start, *newest_end_ns_));
      }
    }
    for (const Track& track : tracks_) {
      if (track.open() && *track.seq < first_new_seq) {
        events.push_back(event(track, EventPhase::update, *newest_end_ns_));
      }
    }
  }

  void end_all(std::vector<Event>& events) {
    for (Track& track : tracks_) {
      if (track.open()) {
        end(track, events);
      }
    }
  }

  void end(Track& track, std::vector<Event>& events) {
    if (track.open()) {
      events.push_back(event(track, EventPhase::end, track.paused_at_ns.value_or(*newest_end_ns_)));
    }
    track.forget_span();
  }

  Event event(const Track& track, EventPhase phase, std::int64_t end_ns) const {
    Event event;
    event.seq = *track.seq;
    event.phase = phase;
    event.name = track.name;
    event.id = track.id;
    event.start_ns = *track.start_ns;
    event.end_ns = end_ns;
    event.tag = tag_;
    event.score = static_cast<float>(*track.smoothed);
    event.peak = static_cast<float>(track.peak);
    return event;
  }

  EventOptions options_;
  std::vector<Track> tracks_;  // one for each action label, in the set's order
  std::optional<std::int64_t> newest_end_ns_;
  FrameTag tag_;
  std::uint64_t next_seq_ = 0;
};

EventDetector::EventDetector(const EventOptions& options) : impl_(std::make_unique<Impl>(options)) {}
EventDetector::~EventDetector() = default;
EventDetector::EventDetector(EventDetector&&) noexcept = default;
EventDetector& EventDetector::operator=(EventDetector&&) noexcept = default;

std::vector<Event> EventDetector::update(const Result& result, const LabelSet& labels,
                                         std::span<const float> probabilities) {
  return impl_->update(result, labels, probabilities);
}

std::vector<Event> EventDetector::set_labels(const LabelSet& labels) { return impl_->set_labels(labels); }

std::vector<Event> EventDetector::finish() { return impl_->finish(); }

void EventDetector::set_options(const EventOptions& options) { impl_->set_options(options); }

}  // namespace vifi
