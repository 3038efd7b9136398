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
  bool frames_vary = false;                 ///< one more or less: of damage and open groups as many as come in time
};

/// Is this machine's GStreamer ($VIFI_TEST_GSTREAMER) the one that the lists' times were measured with (1.22)?
/// Others compute them otherwise where a container has none of its own, and give a GIF times and an end.
bool is_measured_gstreamer();

/// @param folder  holds clips.json
std::vector<Clip> read_clip_list(const std::filesystem::path& folder);

/// The short list of the repository ($VIFI_TEST_DATA).
std::filesystem::path own_clips();

/// The long list of odd clips, where this machine has it: in $VIFI_SHARED, or in `shared` beside the sources.
std::optional<std::filesystem::path> shared_clips();

}  // namespace vifi
