#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "report/runs.h"
#include "vifi/export.h"

namespace vifi::train {

/// Top-1 of a row under a protocol.
struct ProtocolCell {
  double top1 = 0;                    ///< percent; over several results their mean
  std::optional<double> deviation{};  ///< of these (with n - 1)
  std::optional<double> top5{};       ///< their mean, where all have one
  std::size_t results = 0;            ///< how many; of the harmonic mean: 0
  std::size_t seeds = 0;              ///< trainings behind them
  bool trained = true;                ///< false where no result had weights of a training
};

struct ProtocolRow {
  std::string name;
  std::vector<std::string> runs;              ///< names
  std::map<std::string, ProtocolCell> cells;  ///< by column
};

/// The paper's layout: a row for each method, a column for each protocol.
struct ProtocolTable {
  std::vector<std::string> columns;
  std::vector<ProtocolRow> rows;
};

/// The columns, in their order; between HM and supervised stand `K=2`, `K=4`, …, behind all those that arguments name.
inline constexpr const char* kZeroShot = "zero-shot";
inline constexpr const char* kBase = "base";
inline constexpr const char* kNovel = "novel";
inline constexpr const char* kHarmonic = "HM";
inline constexpr const char* kSupervised = "supervised";
inline constexpr const char* kValidation = "validation";  ///< best epoch of the training's own tests

/// The protocol of a result: zero-shot without fine-tuning or on other classes than those of the training, few-shot
/// where the training list's name says K, else supervised. Base and novel are told by the result's rows.
VIFI_API std::string protocol_of(const Result& result, const Run& run);

/// Puts runs together that differ in seed and split alone: configurations that are equal but for SEED, OUTPUT,
/// checkpoints and the digits in the names of annotation lists, or rows that arguments name alike.
VIFI_API ProtocolTable protocol_table(const std::vector<Run>& runs);

/// `[{"name", "runs", "scores": {COLUMN: {"top1", "deviation", "top5", "results"}}}]`
VIFI_API nlohmann::ordered_json protocol_json(const ProtocolTable& table);

}  // namespace vifi::train
