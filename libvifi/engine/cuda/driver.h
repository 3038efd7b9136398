#pragma once

#include <string>
#include <vector>

namespace vifi {

struct GpuFacts {
  std::string name;          ///< "NVIDIA H100"
  int capability = 0;        ///< 90 for 9.0
};

/// What NVIDIA's driver says of this machine.
struct DriverFacts {
  bool installed = false;
  std::string release;       ///< "580.82.07"; empty: unknown
  int cuda = 0;              ///< newest CUDA that it runs, 13000 for 13.0
  std::string failure;       ///< why it offers no GPU; empty: it does
  std::vector<GpuFacts> gpus;
};

/// Asks the driver, without libtorch and in a few milliseconds.
/// @param library       the driver's own, opened if it is there
/// @param version_file  what the kernel module says of itself
DriverFacts ask_driver(const char* library = "libcuda.so.1",
                       const std::string& version_file = "/proc/driver/nvidia/version");

/// "580.82.07" from the kernel module's sentence; empty where there is none.
std::string release_in(const std::string& text);

}  // namespace vifi
