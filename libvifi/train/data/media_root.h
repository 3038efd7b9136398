#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "data/tar_archive.h"
#include "vifi/export.h"

namespace vifi::train {

/// Where the pixels of one video lie.
struct VideoPlace {
  enum class Kind { file, tar_member, pictures };

  Kind kind = Kind::file;
  std::string path;         ///< video, archive or folder of pictures
  std::string name;         ///< for messages: "videos.tar: a/b.mp4"
  std::int64_t offset = 0;  ///< in the archive
  std::int64_t size = 0;    ///< bytes; of pictures: 0
  std::string identity;     ///< changes when the content may have changed: path, size, time; caches are named by it
};

/// `DATA.ROOT`: a folder, or a tar archive of videos. Immutable, any thread.
class VIFI_API MediaRoot {
 public:
  /// @param root  a folder; empty: the current one. An archive is one whose name holds ".tar", with or without this
  ///              ending behind it (the reference's rule)
  /// @throws Error(not_found, unreadable, corrupt)
  explicit MediaRoot(const std::string& root);

  /// A path below the root, or an absolute one. A folder is a video whose frames are the pictures in it.
  /// @throws Error(not_found) naming the path and the root
  VideoPlace find(const std::string& path) const;

  const std::string& root() const { return root_; }
  const TarArchive* archive() const { return archive_.get(); }

 private:
  std::string root_;
  std::shared_ptr<const TarArchive> archive_;
};

}  // namespace vifi::train
