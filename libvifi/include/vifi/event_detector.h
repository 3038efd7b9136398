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
class VIFI_API EventDetector {
 public:
  /// @throws Error(invalid_argument) for thresholds outside 0..1 or exit above enter
  explicit EventDetector(const EventOptions& options);
  ~EventDetector();
  EventDetector(EventDetector&&) noexcept;
  EventDetector& operator=(EventDetector&&) noexcept;

  /// @param labels         the set that the probabilities belong to; a label that is gone ends its event
  /// @param probabilities  [L], after rejection (background labels included, never opened)
  std::vector<Event> update(const Result& result, const LabelSet& labels, std::span<const float> probabilities);

  /// Ends every open event, at the newest result's end. Sequence numbers go on.
  std::vector<Event> finish();

  void set_options(const EventOptions& options);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vifi
