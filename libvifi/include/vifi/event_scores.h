#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "vifi/export.h"

namespace vifi {

/// What a stretch of a video shows. Segments of a timeline don't overlap.
struct TimelineSegment {
  std::int64_t start_ns = 0;
  std::int64_t end_ns = 0;  ///< exclusive
  std::string label;        ///< empty: no action
};

/// An event as it was reported.
struct ReportedEvent {
  std::int64_t start_ns = 0;
  std::int64_t end_ns = 0;
  std::int64_t announced_ns = 0;  ///< stream time at which it was announced
  std::string label;
};

/// How well events agree with timelines; of several videos together.
struct VIFI_API EventScores {
  static constexpr std::array kOverlaps{0.1, 0.25, 0.5};

  std::int64_t actions = 0;  ///< segments with a label
  std::int64_t events = 0;
  std::array<std::int64_t, 3> matched{};  ///< at each of kOverlaps: events that are a segment's own
  std::vector<double> delays_s{};         ///< of the segments that were announced, in no order
  std::int64_t false_alarms = 0;          ///< events of which more than half lies where there is no action
  std::int64_t idle_ns = 0;               ///< length of all segments without a label

  /// 2 * matched / (actions + events), 0..1; 1 where there is neither.
  /// @param overlap  position in kOverlaps
  double f1(std::size_t overlap) const;
  /// NaN where nothing was announced.
  double median_delay_s() const;
  double mean_delay_s() const;
  /// NaN without idle scenes.
  double false_alarms_per_idle_hour() const;
};

/// Adds a video. An event is a segment's own where both have the same label, their intersection over union reaches the
/// overlap, and no better event has taken the segment (segmental F1; Lea et al., CVPR 2017, section 4). The delay is
/// the time from a segment's start to the first announcement of an event of its label that overlaps it; 0 where an
/// event that began before goes on.
VIFI_API void add_video(EventScores& scores, std::span<const TimelineSegment> timeline,
                        std::span<const ReportedEvent> events);

}  // namespace vifi
