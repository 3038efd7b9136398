#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "vifi/export.h"
#include "vifi/frame.h"

namespace vifi {

struct ReaderOptions {
  std::int64_t idle_timeout_ns = 10'000'000'000;  ///< longest wait for the next frame
  /// Of one video; 0: the decoder's own choice, best for one video at a time. 2 for many at a time: with 1 libav drops
  /// frames at the start of some streams that 2 and more give.
  int decoder_threads = 0;
  std::string name{};  ///< what messages call the input; empty: as it was given
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

  /// As skip. @return the passed frame's stream time; nothing at the end. @throws Error
  std::optional<std::int64_t> skip_timed();

  /// Goes to the key frame at or before a time; later calls deliver what follows it, and count from 0 again.
  /// Where a stream lands is the file's affair: look at the next frame's time.
  /// @return false where the stream cannot be moved; it is then undefined where it stands
  bool seek(std::int64_t stream_ns);

  /// Stream times of the key frames that were decoded so far, ascending. Other video streams of the file may add some.
  std::vector<std::int64_t> key_times() const;

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

/// Where the frames of a video lie, learned by decoding it once. A plain value that may be kept.
struct VideoIndex {
  std::vector<std::int64_t> pts_ns;      ///< stream time of each frame, in output order; their number is the N of sampling
  std::vector<std::int64_t> key_frames;  ///< positions, ascending, from which decoding can begin; 0 is always one
  bool timed_out = false;                ///< the stream has no end of its own

  bool operator==(const VideoIndex&) const = default;
};

/// Decodes all of a video without looking at its pixels. @throws as VideoReader
VIFI_API VideoIndex index_video(const std::string& input, const ReaderOptions& options = {});

/// As read_frames above, but passes over what no wanted frame depends on, by seeking to the key frame before it. Every
/// frame is known by its time: where a file lands elsewhere than its index says, it is read from the beginning.
/// @return  how many frames were decoded, those between included
VIFI_API std::int64_t read_frames(const std::string& input, const VideoIndex& index, std::span<const std::int64_t> indices,
                                  const std::function<void(std::size_t slot, const VideoFrame& frame)>& take,
                                  const ReaderOptions& options = {});

/// Has the path the ending of a picture that read_pictures decodes (.jpg, .jpeg, .png)?
VIFI_API bool is_picture(const std::string& path);

/// Decodes still pictures and hands them over in order; the view is valid for the call alone.
/// @throws Error(not_found, unreadable, corrupt, unsupported) naming the picture
VIFI_API void read_pictures(std::span<const std::string> paths,
                            const std::function<void(std::size_t slot, const VideoFrame& frame)>& take,
                            const ReaderOptions& options = {});

}  // namespace vifi
