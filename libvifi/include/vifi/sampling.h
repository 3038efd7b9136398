#pragma once

#include <cstdint>
#include <vector>

#include "vifi/export.h"

namespace vifi {

/// Frames that stand for a whole video in the reference's test protocol (ViFi-CLIP, SampleFrames in test mode):
/// trunc(i*(N/T) + (N/T)/2) in double precision, i = 0..T-1.
/// @throws Error(invalid_argument) unless both are positive
VIFI_API std::vector<std::int64_t> test_frame_indices(std::int64_t video_frames, int frames);

}  // namespace vifi
