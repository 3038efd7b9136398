#pragma once

namespace vifi {

/// Whether this machine, its system and `ONEDNN_MAX_CPU_ISA` allow the tile registers of AMX for bf16. The first call
/// asks the system for them.
bool amx_available();

}  // namespace vifi
