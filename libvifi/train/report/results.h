#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "report/score_table.h"
#include "vifi/export.h"

namespace vifi::train {

/// What became of one clip.
struct ClipResult {
  std::string video;  ///< as the annotation list names it
  std::size_t label = 0;
  std::vector<std::size_t> best;  ///< classes, best first; never empty
  double score = 0;               ///< of the best, 0..1

  bool right() const { return best.front() == label; }
};

/// What an evaluation found on one annotation list.
struct ListResult {
  std::string list;
  std::string root;  ///< of the videos; empty: not told
  std::vector<std::string> classes;
  std::vector<std::optional<double>> top1;  ///< of each class, percent; none without clips
  std::vector<std::int64_t> confusion;      ///< [C * C], row: true class, column: named one
  std::vector<ClipResult> clips;

  std::int64_t count(std::size_t label, std::size_t named) const { return confusion[label * classes.size() + named]; }
  /// Clips of a class.
  std::int64_t clips_of(std::size_t label) const;
};

/// A file that `vifi eval --json` or `--report FILE` wrote.
struct Result {
  std::string file;
  std::string weights;     ///< fine-tuned checkpoint; empty: the pretrained model was tested
  std::string pretrained;  ///< model it was tuned from; empty: not told
  std::string train_list;  ///< of the configuration; empty: not told
  std::string label_list;
  std::vector<ScoreRow> rows;
  std::vector<ListResult> lists;  ///< of `--report` alone
};

/// @throws Error(not_found, unreadable, corrupt) naming file and place
VIFI_API Result read_result(const std::string& file);

/// Whether a file is JSON and says that it holds scores; false for what cannot be read.
VIFI_API bool holds_scores(const std::string& file);

}  // namespace vifi::train
