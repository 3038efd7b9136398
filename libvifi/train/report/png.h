#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "vifi/export.h"

namespace vifi::train {

/// An 8-bit RGB picture as a PNG file. @param planes  [3, height, width]
/// @throws Error(invalid_argument) for sizes that do not fit
VIFI_API std::vector<std::uint8_t> png_of(std::span<const std::uint8_t> planes, int width, int height);

}  // namespace vifi::train
