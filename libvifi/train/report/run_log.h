#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "vifi/export.h"

namespace vifi::train {

/// A training step of which log.jsonl tells.
struct LoggedStep {
  std::int64_t epoch = 0;  ///< from 0
  std::int64_t step = 0;   ///< steps of the epoch that are done, this one too
  double loss = 0;         ///< NaN where it was no number
  double lr = 0;
  double clips_per_second = 0;
};

/// The test behind an epoch.
struct LoggedTest {
  std::int64_t epoch = 0;
  std::int64_t samples = 0;
  double top1 = 0;  ///< percent
  double top5 = 0;
};

/// The course of a training, in its order.
struct VIFI_API RunLog {
  std::vector<LoggedStep> steps;
  std::vector<LoggedTest> tests;
  std::int64_t steps_per_epoch = 0;

  /// How many epochs are done at a step: 0.5 is the middle of the first.
  double epochs_at(const LoggedStep& step) const;
  /// The test with the highest top-1, the first of equal ones.
  std::optional<LoggedTest> best() const;
};

/// Reads log.jsonl. Where a training went on from an earlier place, what it had logged behind that place is replaced.
/// A last line without its end is still being written and is passed over.
/// @throws Error(not_found, unreadable); Error(corrupt) with the line's number
VIFI_API RunLog read_run_log(const std::string& file);

}  // namespace vifi::train
