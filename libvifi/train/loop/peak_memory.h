#pragma once

#include <cstdint>

#include <c10/core/Device.h>

#include "vifi/export.h"

namespace vifi::train {

/// Bytes: the most that this process has held so far of a processor's memory, or that libtorch has on a GPU.
VIFI_API std::int64_t peak_memory(c10::Device device);

}  // namespace vifi::train
