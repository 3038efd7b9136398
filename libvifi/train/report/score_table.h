#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "vifi/export.h"

namespace vifi::train {

/// A line of a table of results.
struct ScoreRow {
  std::string name;                    ///< "val", "base", "mean of 3"
  std::optional<std::int64_t> samples{};
  double top1 = 0;                     ///< percent
  std::optional<double> top5{};
  std::optional<double> deviation{};   ///< of top-1 over runs or splits (with n - 1)
};

/// Columns for people; figures with one decimal.
VIFI_API std::string score_table(const std::vector<ScoreRow>& rows);
/// Header and one line a row (RFC 4180); full precision.
VIFI_API std::string score_csv(const std::vector<ScoreRow>& rows);
VIFI_API nlohmann::ordered_json score_json(const std::vector<ScoreRow>& rows);

/// A row over splits or seeds: mean and deviation of top-1, mean of top-5.
VIFI_API ScoreRow mean_row(const std::vector<ScoreRow>& rows);
/// Base, novel and their harmonic mean: the row behind the two.
VIFI_API ScoreRow harmonic_row(const ScoreRow& base, const ScoreRow& novel);

}  // namespace vifi::train
