#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "vifi/export.h"
#include "vifi/frame.h"

namespace vifi {

struct ReaderOptions {
  std::int64_t idle_timeout_ns = 10'000'000'000;  ///< longest wait for the next frame
};

/// A decoded frame; keeps its memory as long as it lives.
struct VideoFrame {
  FrameView view;             ///< pts_ns is stream time, tag.running_ns running time
  std::int64_t index = 0;     ///< position in decoding output order, from 0
  std::shared_ptr<const void> owner;
};

/// Decodes the first video stream of a file or URI, frame by frame, in presentation order. Part of libvifi-media.
/// Always ends: with the last frame, an error, or an error after `idle_timeout_ns` without a frame. One thread.
class VIFI_API VideoReader {
 public:
  /// @param input  a path (any characters) or a URI
  /// @throws Error(not_found, unreadable, corrupt, unsupported): no such file, no video in it, no decoder (named)
  explicit VideoReader(const std::string& input, const ReaderOptions& options = {});
  ~VideoReader();
  VideoReader(VideoReader&&) noexcept;
  VideoReader& operator=(VideoReader&&) noexcept;

  /// Nothing at the end of the stream. @throws Error
  std::optional<VideoFrame> next();

  /// True once the stream ended in the time limit and not by itself; what came until then is valid.
  bool timed_out() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vifi
