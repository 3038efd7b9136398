#pragma once

#include <string>

namespace vifi::text {

/// Repairs text that was written as UTF-8 and read in a single-byte encoding ("cafÃ©"), if a heuristic finds it
/// garbled. Applied until nothing changes.
std::u32string fix_encoding(std::u32string text);

}  // namespace vifi::text
