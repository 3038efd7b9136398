#pragma once

namespace vifi::training {

/// From here on SIGTERM and SIGINT ask the work to end cleanly; a second one ends the process at once. SIGXFSZ is
/// ignored, so that a file that grows beyond a limit is an error like a full disk.
void listen_for_signals();

/// Has one come?
bool interrupted();

}  // namespace vifi::training
