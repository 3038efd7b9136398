#pragma once

#include <string>
#include <vector>

#include <c10/core/ScalarType.h>

#include "vifi/engine.h"

namespace vifi {

/// Where a model runs and in which type.
struct Placement {
  std::string device;        ///< "cpu"
  Precision precision = Precision::fp32;
  c10::ScalarType dtype = c10::kFloat;
  int threads = 1;           ///< compute threads, >= 1
};

/// @throws Error(device_unavailable, unsupported, invalid_argument)
Placement place(const ModelOptions& options);

/// What `EngineInfo` tells of this machine.
std::vector<DeviceInfo> devices();
std::string cuda_status();

}  // namespace vifi
