#pragma once

#include <string>
#include <vector>

#include "seen.h"

namespace vifi::testing {

/// What two elements in a row, one in each mode, made of a video that was decoded once.
struct LockstepRun {
  std::vector<SeenResult> sync;   ///< by `seq`, the last one at EOS included
  std::vector<SeenResult> async;  ///< no frame entered before the worker had encoded the one before it
  std::vector<int>
      represented_by;  ///< for each grid point of `sync`: index of the decoded frame that was sampled for it
  std::uint64_t async_dropped = 0;  ///< samples
};

/// @param properties  of both elements, as in a launch line
LockstepRun run_in_lockstep(const std::string& video, const std::string& properties);

}  // namespace vifi::testing
