#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "metadata.h"

namespace vifi::gst {

/// A subtitle; stream time.
struct Cue {
  std::int64_t start_ns = 0;
  std::int64_t duration_ns = 0;  ///< > 0
  std::string text;
};

enum class CueStyle {
  results,  ///< one for each result, from the moment at which it is known until the next one
  events,   ///< one for each event, from its start to its end: known only afterwards
};

struct CueOptions {
  CueStyle style = CueStyle::results;
  std::int64_t duration_ns = 0;  ///< of a result's cue; 0: the time between two results
  std::string format;            ///< `{label}`, `{score}`, `{start}`, `{end}`; empty: the style's own
};

/// Makes a subtitle track of what vificlip tells. Cues come out by start, and no cue of a result overlaps the one
/// before. Streaming thread only.
class CueTrack {
 public:
  explicit CueTrack(CueOptions options) : options_(std::move(options)) {}

  /// What a buffer at `now_ns` brought.
  std::vector<Cue> add(const Report& report, std::int64_t now_ns);
  /// Time passed. @return the position up to which the track is now final: no cue will start before it
  std::int64_t advance(std::int64_t now_ns);
  /// The stream ended: whatever has been held back.
  std::vector<Cue> finish();

 private:
  std::vector<Cue> results_cues(const Report& report, std::int64_t now_ns);
  void note(const Event& event);
  std::vector<Cue> settled();

  CueOptions options_;
  std::int64_t position_ns_ = 0;
  std::int64_t last_result_ns_ = -1;
  std::int64_t hop_ns_ = 1'000'000'000;         // until two results tell better
  std::int64_t earliest_event_ns_ = 0;          // no new event starts before
  std::map<std::uint64_t, std::int64_t> open_;  // start of each open event, by number
  std::multimap<std::int64_t, Cue> closed_;     // by start; held back for earlier ones that are open
};

}  // namespace vifi::gst
