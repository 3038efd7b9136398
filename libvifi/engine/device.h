#pragma once

#include <string>
#include <vector>

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include "export.h"
#include "vifi/engine.h"

namespace vifi {

/// Where a model runs and in which type.
struct Placement {
  std::string device;        ///< "cpu", "cuda:0"
  Precision precision = Precision::fp32;
  c10::ScalarType dtype = c10::kFloat;
  int threads = 1;           ///< compute threads, >= 1
  c10::Device place = c10::kCPU;
};

/// Opens libtorch's GPU part where a GPU is asked for, or where there is one and `auto` is asked for.
/// @throws Error(device_unavailable, unsupported, invalid_argument)
VIFI_ENGINE_API Placement place(const ModelOptions& options);

/// Sets this process up for a model of that placement: threads, and whose float32 products are used.
VIFI_ENGINE_API void prepare_process(const Placement& placement);

/// What `EngineInfo` tells of this machine.
std::vector<DeviceInfo> devices();

}  // namespace vifi
