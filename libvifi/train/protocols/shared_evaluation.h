#pragma once

#include <cstdint>

#include "distributed/process_group.h"
#include "protocols/evaluate.h"
#include "vifi/export.h"

namespace vifi::train {

/// Joins what the processes of a group found, each on its share of one source: counts, confusions and samples, in the
/// order of the source. Every process gets all of it. A sample that none has judged (a broken one) is left out.
/// @param samples  of the source
/// @throws Error(internal) where two processes judged the same sample, or one has ended
VIFI_API Evaluation joined(const Evaluation& here, std::int64_t samples, ProcessGroup& group);

}  // namespace vifi::train
