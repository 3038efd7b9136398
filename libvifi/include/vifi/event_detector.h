#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "vifi/export.h"
#include "vifi/labels.h"
#include "vifi/result.h"

namespace vifi {

struct EventOptions {
  std::int64_t smoothing_ns = 1'000'000'000;   ///< time constant of exponential smoothing; 0: none
  double enter_threshold = 0.6;
  double exit_threshold = 0.4;                 ///< <= enter_threshold
  std::int64_t min_duration_ns = 0;            ///< shorter spans are never announced
  std::int64_t merge_gap_ns = 0;               ///< a pause up to this long does not end an event
  bool exclusive = true;                       ///< only the strongest label is open

  bool operator==(const EventOptions&) const = default;
};

/// Turns a stream of probabilities into spans with a start and an end. Not thread-safe.
///
/// Each action label's probability is smoothed: s += (1 - exp(-dt / smoothing)) * (p - s), with dt between the ends of
/// two results; the first result counts as it is. A label enters when s >= enter, and is held while s >= exit. With
/// `exclusive` only one label leads, and no other enters or is held: the strongest that reaches enter, else the
/// strongest held (on ties the first in the set).
///
/// A change that a result shows is dated to the middle of its window, since a window speaks for a label when the label
/// fills half of it; what the first result shows began with its window. A label that is not held pauses; the event ends,
/// dated to where the pause began, once the pause is sure to be longer than merge_gap, or another label's event takes
/// over. An event that is still held when `finish` or a removed label ends it lasts to the newest result's end.
///
/// A span is announced (start, with its true start_ns) once it lasted min_duration. From then on every result brings an
/// update with the newest result's end, and at last comes an end with the date above. One call returns ends before
/// starts before updates.
class VIFI_API EventDetector {
 public:
  /// @throws Error(invalid_argument) for thresholds outside 0..1, exit above enter, or negative times
  explicit EventDetector(const EventOptions& options);
  ~EventDetector();
  EventDetector(EventDetector&&) noexcept;
  EventDetector& operator=(EventDetector&&) noexcept;

  /// @param labels         the set that the probabilities belong to; a label that is gone ends its event (by name)
  /// @param probabilities  [L], after rejection (background labels included, never opened)
  std::vector<Event> update(const Result& result, const LabelSet& labels, std::span<const float> probabilities);

  /// Ends the events of labels that are gone.
  std::vector<Event> set_labels(const LabelSet& labels);

  /// Ends every open event and forgets the past. Sequence numbers go on.
  std::vector<Event> finish();

  /// @throws Error(invalid_argument), changing nothing
  void set_options(const EventOptions& options);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vifi
