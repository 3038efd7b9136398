#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "protocols/metrics.h"
#include "vifi/export.h"

namespace vifi::train {

/// A figure that somebody else published, in percent.
struct Published {
  double top1 = 0;
  std::optional<double> top5{};
};

/// What the runs of one test give together: runs differ in the seed, or in the clips that were drawn for training.
struct Figure {
  std::string name;  ///< "hmdb", "hmdb base"
  std::int64_t runs = 1;
  std::optional<std::int64_t> samples{};  ///< of one run, over all its splits
  double top1 = 0;                        ///< percent, mean over runs
  std::optional<double> deviation{};      ///< of top-1 over runs (with n - 1); of one run: over its splits
  std::optional<double> top5{};
  std::optional<Published> published{};
};

/// Joins the results of several runs of one test. Each run counts with its last row, the mean where there are splits;
/// of base-to-novel runs base, novel and harmonic mean give a figure each, the harmonic mean that of the two means
/// (its deviation that over the runs' own).
/// @param name  put before "base", "novel" and "harmonic mean"; empty: rows keep their names
/// @param runs  what `vifi eval --json` prints: {"schema": "vifi.scores/1", "rows": [{"name", "top1", …}]}
/// @throws Error(corrupt) where a run is no such object, Error(invalid_argument) where there is none or their rows
/// differ
VIFI_API std::vector<Figure> figures_of(const std::string& name, std::span<const nlohmann::json> runs);

/// Puts published figures beside those of their names. @throws Error(invalid_argument) for a name that no figure has
VIFI_API void add_published(std::vector<Figure>& figures, const std::map<std::string, Published>& published);

/// Columns for people; one decimal. The columns of published figures and differences appear where there are any.
VIFI_API std::string figure_table(const std::vector<Figure>& figures);
/// Header and one line a figure (RFC 4180); full precision.
VIFI_API std::string figure_csv(const std::vector<Figure>& figures);
VIFI_API nlohmann::ordered_json figure_json(const std::vector<Figure>& figures);

}  // namespace vifi::train
