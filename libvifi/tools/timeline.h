#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "vifi/event_scores.h"

namespace vifi::tools {

/// A video and what it shows when.
struct Timeline {
  std::string video;
  std::vector<TimelineSegment> segments;
};

/// The segment that covers at least three quarters of a window; null: the window lies across several.
const TimelineSegment* scene_of(std::int64_t start_ns, std::int64_t end_ns, const std::vector<TimelineSegment>& segments);

/// Reads `{"video": NAME, "segments": [{"start_s", "end_s", "label" (null: no action)}, …]}`; the video lies beside the
/// file. For a video, the file beside it with the ending `.timeline.json`.
/// @throws Error(not_found, corrupt)
Timeline read_timeline(const std::string& path);

/// Of files and of the folders' `*.timeline.json`, sorted by path. @throws Error
std::vector<Timeline> read_timelines(const std::vector<std::string>& inputs);

}  // namespace vifi::tools
