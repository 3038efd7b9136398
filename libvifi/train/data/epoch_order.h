#pragma once

#include <cstdint>
#include <vector>

#include "vifi/export.h"

namespace vifi::train {

struct EpochOptions {
  std::size_t samples = 0;
  std::uint64_t seed = 0;
  std::int64_t epoch = 0;
  bool shuffle = true;
  int rank = 0;
  int ranks = 1;
  int batch = 1;
  bool drop_last = true;  ///< every rank gets the same number of whole batches; else every sample comes once
};

/// The samples of one rank in one epoch, in order: every `ranks`-th of the shuffled list, from the rank's on.
/// @throws Error(invalid_argument)
VIFI_API std::vector<std::int64_t> epoch_order(const EpochOptions& options);

}  // namespace vifi::train
