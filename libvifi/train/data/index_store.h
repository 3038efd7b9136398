#pragma once

#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "vifi/export.h"
#include "vifi/video_reader.h"

namespace vifi::train {

/// Keeps what was learned of videos by decoding them once: in memory up to a limit, and in a folder where one is given.
/// A file that cannot be read or believed counts as absent. Any thread.
class VIFI_API IndexStore {
 public:
  /// @param folder  empty: memory alone; made where it is absent
  explicit IndexStore(std::string folder = {}, std::size_t memory_bytes = 64U << 20);

  std::optional<VideoIndex> find(const std::string& identity);
  /// A full disk costs the file, nothing else.
  void keep(const std::string& identity, const VideoIndex& index);

 private:
  void remember(const std::string& identity, const VideoIndex& index);
  std::string file_of(const std::string& identity) const;

  const std::string folder_;
  const std::size_t memory_bytes_;
  std::mutex mutex_;  ///< of what follows
  std::unordered_map<std::string, VideoIndex> known_;
  std::size_t used_bytes_ = 0;
};

}  // namespace vifi::train
