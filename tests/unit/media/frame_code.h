#pragma once

#include <optional>

#include "vifi/frame.h"

namespace vifi {

/// Brightness of a pixel of the upright picture, 0..255: luma, or green where there is none.
int brightness(const FrameView& frame, int x, int y);

/// The 16-bit number that a test clip's frame carries: 16 blocks across the picture, white = 1, the most significant
/// bit first, a band of height b above a band of complements. Nothing where the bands contradict each other.
std::optional<int> frame_code(const FrameView& frame);

}  // namespace vifi
