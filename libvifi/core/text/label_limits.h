#pragma once

#include <cstddef>

namespace vifi::text {

inline constexpr std::size_t kLongestLabel = 4096;   ///< bytes of a name or template; 77 tokens hold far less
inline constexpr int kLargestLabelId = 999'999'999;  ///< leaves room for the ids of backgrounds

}  // namespace vifi::text
