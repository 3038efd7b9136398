#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace vifi {

enum class Expectation { decodes, damaged, no_video, error };

/// One clip of a `clips.json`, as GStreamer delivers it.
struct Clip {
  std::filesystem::path path;
  std::string file;                         ///< name in the list
  Expectation expect = Expectation::decodes;
  std::int64_t frames = 0;
  std::vector<std::int64_t> running_ns;     ///< empty: not stated
  std::vector<std::optional<int>> codes;    ///< number that each frame shows; nothing: unreadable; empty: no codes
  std::string orientation;                  ///< tag; empty: none
};

/// @param folder  holds clips.json
std::vector<Clip> read_clip_list(const std::filesystem::path& folder);

}  // namespace vifi
