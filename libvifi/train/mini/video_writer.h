#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace vifi::train::mini {

struct VideoFormat {
  int width = 320;
  int height = 240;
  int fps_n = 25;
  int fps_d = 1;
  int crf = 27;
  int max_kbits = 0;  ///< 0: no limit
};

/// Encodes RGB frames into an MP4 (H.264, BT.709 limited range, two B-frames, a key frame every two seconds). The file
/// is whole or not there. One encoder thread: the same frames give the same file.
class VideoWriter {
 public:
  /// @throws Error(unsupported) where GStreamer lacks an encoder
  VideoWriter(const std::string& path, const VideoFormat& format);
  ~VideoWriter();
  VideoWriter(const VideoWriter&) = delete;
  VideoWriter& operator=(const VideoWriter&) = delete;

  /// @param rgb  [height, width, 3], copied
  void add(std::span<const std::uint8_t> rgb);

  /// Ends the file. @throws Error(unreadable) where it could not be written
  void finish();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vifi::train::mini
