#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "report/results.h"
#include "vifi/export.h"

namespace vifi::train {

/// A clip that was named wrong, and what it looks like.
struct ShownError {
  ClipResult clip;
  std::vector<std::uint8_t> png;  ///< frames from its beginning to its end, side by side
};

struct ErrorFrames {
  std::vector<ShownError> shown;
  std::string reason;  ///< why fewer are shown than there are to be; empty: all are
};

/// The wrong clips that say most: the surest first, each confusion once before any comes twice.
VIFI_API std::vector<ClipResult> telling_errors(const ListResult& result, std::size_t most);

/// Decodes frames of these clips. Never throws for a video that is not there or broken: the reason is told.
/// @param root  of the videos, as DATA.ROOT
VIFI_API ErrorFrames error_frames(const std::vector<ClipResult>& clips, const std::string& root);

}  // namespace vifi::train
