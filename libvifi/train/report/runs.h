#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "report/results.h"
#include "report/run_log.h"
#include "vifi/export.h"

namespace vifi::train {

/// What the command line names.
struct RunArgument {
  std::string path;    ///< run folder, or file of results
  std::string row;     ///< of the table; empty: found out
  std::string column;  ///< of the table; empty: found out

  /// `PATH`, `ROW=PATH` or `ROW:COLUMN=PATH`; what exists is a path, whatever signs it holds.
  VIFI_API static RunArgument parse(const std::string& word);
};

/// A training and what was measured of it, or results whose training is not at hand.
struct Run {
  std::string name;  ///< no two runs have the same
  std::string path;
  RunArgument argument;
  std::optional<Config> config;
  RunLog log;
  std::vector<Result> results;
};

/// Reads run folders and files. Files of results that lie in a run's folder are the run's; so is a named one whose
/// weights do. Of several in the folder about the same list the newest counts.
/// @throws Error naming what is missing, broken or empty
VIFI_API std::vector<Run> read_runs(const std::vector<RunArgument>& arguments);

}  // namespace vifi::train
