#pragma once

#include <cstdint>

namespace vifi {

inline constexpr std::int64_t kIdleParts = 20;

/// Waits in parts, so that a process that was stopped in between (Ctrl-Z, a debugger) loses one of them and not all.
/// @param wait  waits for at most so many nanoseconds; true: what was waited for came
/// @return      false when the limit passed
template <typename Wait>
bool wait_in_parts(std::int64_t limit_ns, const Wait& wait) {
  for (std::int64_t part = 0; part < kIdleParts; ++part) {
    if (wait(limit_ns / kIdleParts)) {
      return true;
    }
  }
  return false;
}

}  // namespace vifi
