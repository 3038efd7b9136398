#pragma once

#include <string>
#include <vector>

namespace vifi::tools {

/// Files and addresses as they are; a folder becomes the video files below it, sorted by path.
/// @throws Error(not_found) for a folder without any
std::vector<std::string> videos_of(const std::string& input);

}  // namespace vifi::tools
