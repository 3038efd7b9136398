#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "data/file_handle.h"
#include "vifi/export.h"
#include "video/geometry.h"

namespace vifi::train {

/// Decoded, resized frames on disk, so that later epochs decode nothing. One sparse file a video, whose frames come one
/// by one. Every frame carries a check sum: what a crash or a full disk left behind counts as absent. Several threads
/// and processes may use one folder.
class VIFI_API FrameCache {
 public:
  /// One video's frames; one thread.
  class Video {
   public:
    /// @param planes  [3, h, w], resized to fit. @return false where it is absent
    bool load(std::int64_t frame, Size& size, std::vector<std::uint8_t>& planes) const;
    void store(std::int64_t frame, Size size, std::span<const std::uint8_t> planes);

   private:
    friend class FrameCache;
    Video(FrameCache& cache, FileHandle file, std::string identity, std::int64_t frames)
        : cache_(&cache), file_(std::move(file)), identity_(std::move(identity)), frames_(frames) {}
    bool read_head(Size& size) const;
    bool begin(Size size);

    FrameCache* cache_;
    FileHandle file_;
    std::string identity_;
    std::int64_t frames_;
    mutable Size size_;  ///< of the frames; 0 x 0: not known yet
  };

  /// @param folder       made where it is absent
  /// @param limit_bytes  nothing is added beyond; what other runs left in the folder counts
  /// @throws Error(unreadable)
  FrameCache(std::string folder, std::int64_t limit_bytes);

  /// @param identity  of video and resize. @param frames  of the video
  Video open(const std::string& identity, std::int64_t frames);

  std::int64_t hits() const { return hits_; }
  bool full() const { return full_; }  ///< nothing is added any more
  std::int64_t used_bytes() const { return used_; }

 private:
  bool reserve(std::int64_t bytes);
  void give_up(const char* reason);

  const std::string folder_;
  const std::int64_t limit_;
  std::atomic<std::int64_t> used_ = 0;
  mutable std::atomic<std::int64_t> hits_ = 0;
  std::atomic<bool> full_ = false;
};

}  // namespace vifi::train
