#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "vifi/export.h"
#include "vifi/frame.h"

namespace vifi {

struct ScoredLabel {
  std::string name;
  int id = 0;
  float score = 0;       ///< probability, 0..1
  float similarity = 0;  ///< cosine between video and text, -1..1
};

/// What one window of a stream shows.
struct Result {
  std::uint64_t seq = 0;        ///< counts a stream's results from 0
  std::int64_t start_ns = 0;    ///< stream time of the window's first sample's grid point
  std::int64_t end_ns = 0;      ///< stream time, exclusive
  std::int64_t pts_ns = 0;      ///< stream time of the frame that completed it
  FrameTag tag;                 ///< of that frame
  std::vector<ScoredLabel> labels;  ///< top-k by score, the lower position in the set first on ties
  bool accepted = true;         ///< best score reaches the threshold
  float background = 0;         ///< probability of all background labels together
  std::string model;
};

enum class EventPhase { start, update, end };

/// An action's span, after smoothing and hysteresis.
struct Event {
  std::uint64_t seq = 0;        ///< counts a stream's events (not its phases) from 0
  EventPhase phase = EventPhase::start;
  std::string name;
  int id = 0;
  std::int64_t start_ns = 0;    ///< stream time
  std::int64_t end_ns = 0;      ///< of an open event: the newest result's end
  FrameTag tag;                 ///< of the frame at which the phase was reached
  float score = 0;              ///< smoothed, now
  float peak = 0;               ///< highest smoothed score so far
};

/// What a call on a stream brought about, in order.
struct Outcome {
  std::vector<Result> results;
  std::vector<Event> events;
};

/// One line of JSON without a newline: schema `vifi.result/1` (docs/json.md).
VIFI_API std::string to_json(const Result& result, const std::string& stream);
/// Schema `vifi.event/1`.
VIFI_API std::string to_json(const Event& event, const std::string& stream);

}  // namespace vifi
