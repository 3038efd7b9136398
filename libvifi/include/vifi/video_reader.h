#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "vifi/export.h"
#include "vifi/frame.h"

namespace vifi {

struct ReaderOptions {
  std::int64_t idle_timeout_ns = 10'000'000'000;  ///< longest wait for the next frame
};

/// A decoded frame; keeps its memory as long as it lives. Let go of it soon: decoders own few pictures.
struct VideoFrame {
  FrameView view;             ///< pts_ns is stream time, tag.running_ns running time
  std::int64_t index = 0;     ///< position in decoding output order, from 0
  std::shared_ptr<const void> owner;
};

/// Decodes the first video stream of a file or URI, frame by frame, in presentation order. Part of libvifi-media.
/// Always ends: with the last frame, an error, or an error after `idle_timeout_ns` without a frame. One thread.
class VIFI_API VideoReader {
 public:
  /// Waits for the first frame.
  /// @param input  a path (any characters) or a URI
  /// @throws Error(not_found, unreadable, corrupt, unsupported): no such file, no video in it, no decoder (named)
  explicit VideoReader(const std::string& input, const ReaderOptions& options = {});
  ~VideoReader();
  VideoReader(VideoReader&&) noexcept;
  VideoReader& operator=(VideoReader&&) noexcept;

  /// Nothing at the end of the stream. @throws Error
  std::optional<VideoFrame> next();

  /// Passes the next frame without looking at its pixels. @return false at the end of the stream. @throws Error
  bool skip();

  /// True once the stream ended in the time limit and not by itself; what came until then is valid.
  bool timed_out() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// Decodes all of a video. @return its number of frames, the N of sampling rules. @throws as VideoReader
VIFI_API std::int64_t count_frames(const std::string& input, const ReaderOptions& options = {});

/// Decodes a video up to the last of `indices` and hands over the frames at these positions, one after the other.
/// @param indices  positions in output order, ascending; a repeated one is handed over again
/// @param take     called once for each element of `indices`; `slot` counts them
/// @throws Error(invalid_argument) for indices that descend or lie beyond the end; as VideoReader
VIFI_API void read_frames(const std::string& input, std::span<const std::int64_t> indices,
                          const std::function<void(std::size_t slot, const VideoFrame& frame)>& take,
                          const ReaderOptions& options = {});

}  // namespace vifi
