#pragma once

#include <string>
#include <vector>

#include "cuda/kernels.h"
#include "vifi/export.h"

// Not installed: core and engine share it.
namespace vifi::cuda {

struct KernelLibrary {
  const Kernels* kernels = nullptr;  ///< null: `problem` says why
  std::string problem;
};

/// Opens the first libvifi-cuda.so found in `folders`; it stays mapped. Loading it needs neither a driver nor a GPU.
VIFI_API KernelLibrary open_kernel_library(const std::vector<std::string>& folders);

/// The one beside the engine, opened on first use. Any thread.
VIFI_API const KernelLibrary& kernel_library();

}  // namespace vifi::cuda
