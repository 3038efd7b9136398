#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "vifi/export.h"
#include "vifi/sampling.h"

namespace vifi {

/// Returns a whole number in [0, bound), bound >= 1: a random generator, or numbers drawn before.
using Draw = std::function<std::int64_t(std::int64_t bound)>;

/// Frames of a training clip (ViFi-CLIP, SampleFrames): one drawn from each of T equal parts of the video; a video
/// shorter than T is stretched without draws, and its rounded last indices wrap to frame 0.
/// @throws Error(invalid_argument) unless both are positive, or for a draw out of bounds
VIFI_API std::vector<std::int64_t> train_frame_indices(std::int64_t video_frames, int frames, const Draw& draw);

/// `views` training clips one after the other. @return [views * frames]
VIFI_API std::vector<std::int64_t> multi_view_frame_indices(std::int64_t video_frames, int frames, int views, const Draw& draw);

}  // namespace vifi
