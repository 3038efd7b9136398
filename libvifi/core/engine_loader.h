#pragma once

#include <string>
#include <vector>

#include "vifi/engine.h"
#include "vifi/export.h"

namespace vifi {

/// Folders that may hold the engine, in the order of search: `$VIFI_ENGINE_DIR` alone where it is set, else the
/// installed `<libdir>/vifi`, then the folder `vifi` beside libvifi.so (a tree that was moved).
std::vector<std::string> engine_folders();

/// Opens the first `libvifi-torch.so` found in `folders`. It stays mapped for the life of the process: libtorch cannot
/// be unloaded.
/// @throws Error(not_found)    no such file, or it cannot be loaded (the loader's own words are in the message)
/// @throws Error(unsupported)  it is no engine, or one of another version
Engine& open_engine(const std::vector<std::string>& folders);

/// What the engine exports as `vifi_engine_open`: its one instance, or null if it was not built for `abi`.
using EngineOpen = Engine* (*)(int abi);

}  // namespace vifi
