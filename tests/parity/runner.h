#pragma once

#include <string>
#include <vector>

#include "case_file.h"
#include "compare.h"

namespace vifi::parity {

enum class Status { passed, failed, unsupported };

/// What became of one case.
struct Outcome {
  Status status = Status::failed;
  std::vector<std::string> complaints;  ///< why it failed or is unsupported; the first says most
  std::vector<std::string> details;     ///< one line a tensor, passed ones too
  double seconds = 0;
};

/// The operation registered under `op`, or nullptr.
const Operation* find_operation(const std::string& op);

/// Runs a case in this process and compares the result. Never throws.
Outcome run_case(const CaseFile& file);

/// Runs a case in a child process, in an empty working folder, within the case's limits. A child that overstays, dies
/// or leaves a file behind fails the case. Call it before anything in this process starts a thread.
Outcome run_case_isolated(const CaseFile& file);

}  // namespace vifi::parity
