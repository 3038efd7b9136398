#include "loop/peak_memory.h"

#include <fstream>
#include <string>

#include <c10/core/CachingDeviceAllocator.h>

namespace vifi::train {
namespace {

/// `ru_maxrss` would count the program that started this one, too.
std::int64_t peak_of_process() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    if (std::int64_t kib = 0; word == "VmHWM:" && status >> kib) {
      return kib * 1024;
    }
  }
  return 0;
}

}  // namespace

std::int64_t peak_memory(c10::Device device) {
  if (device.is_cpu()) {
    return peak_of_process();
  }
  auto* allocator = dynamic_cast<c10::DeviceAllocator*>(c10::GetAllocator(device.type()));
  constexpr auto kAll = static_cast<std::size_t>(c10::CachingAllocator::StatType::AGGREGATE);
  return allocator == nullptr ? 0 : allocator->getDeviceStats(device.index()).reserved_bytes[kAll].peak;
}

}  // namespace vifi::train
