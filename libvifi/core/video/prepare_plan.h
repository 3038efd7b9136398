#pragma once

#include "vifi/export.h"
#include "vifi/frame.h"
#include "vifi/preprocess.h"
#include "video/resizer.h"

namespace vifi {

/// The rule that a spec names, after checking the whole spec.
/// @throws Error(unsupported) for a combination that is none of the three, Error(invalid_argument) for numbers
VIFI_API ResizeRule rule_of(const PreprocessSpec& spec);

/// What the whole picture becomes before the crop.
/// @param shown  the upright picture with square pixels
Size target_size(const PreprocessSpec& spec, ResizeRule rule, Size shown);

/// How `frame` becomes the spec's square. @throws Error(invalid_argument) for impossible sizes
ResizePlan plan_of(const PreprocessSpec& spec, ResizeRule rule, const FrameView& frame, bool honour_pixel_aspect);

}  // namespace vifi
