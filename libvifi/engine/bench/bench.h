#pragma once

#include "vifi/engine.h"

namespace vifi {

/// Measures an image tower against the best matrix product of the same machine, type and threads.
/// @throws Error(not_found, invalid_argument, unsupported, device_unavailable)
BenchReport run_bench(const BenchOptions& options);

}  // namespace vifi
