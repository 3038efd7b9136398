#pragma once

#include "vifi/export.h"

namespace vifi::train {

/// Lets the C library keep large pieces of memory that are freed, for the next step, which needs the same again. By
/// default it gives each back, and fresh pages are cleared one by one. Process-wide; the process stays at its peak.
VIFI_API void keep_freed_memory();

}  // namespace vifi::train
