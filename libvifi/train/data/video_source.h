#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "data/index_store.h"
#include "data/media_root.h"
#include "vifi/export.h"
#include "vifi/frame.h"

namespace vifi::train {

/// One video, wherever its pixels lie. One thread.
class VideoSource {
 public:
  virtual ~VideoSource() = default;

  /// The N of sampling rules: what decoding delivers. @throws Error
  virtual std::int64_t frame_count() = 0;

  /// Decodes the frames at these positions and hands them over one after the other, valid for the call.
  /// @param indices  ascending; a repeated one is handed over again
  /// @return         how many frames were decoded
  /// @throws Error naming the video
  virtual std::int64_t read(std::span<const std::int64_t> indices,
                            const std::function<void(std::size_t slot, const FrameView& frame)>& take) = 0;
};

/// @param indices  what is known of videos; must outlive the source
VIFI_API std::unique_ptr<VideoSource> open_video(const VideoPlace& place, IndexStore& indices,
                                                 const ReaderOptions& options = {.decoder_threads = 2});

}  // namespace vifi::train
