#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace vifi {

/// Pixel layouts that are read directly; names and memory order are GStreamer's.
enum class PixelFormat {
  i420, yv12, nv12, nv21, yuy2, uyvy, y42b, y444, gray8,
  rgb, bgr, rgbx, bgrx, xrgb, xbgr, rgba, bgra, argb, abgr,
  i420_10le, p010_10le,
};

/// Luma coefficients of Y'CbCr formats; `rgb` for formats that carry none.
enum class ColorMatrix { rgb, bt601, bt709, bt2020, fcc, smpte240m };
enum class ColorRange { limited, full };

/// How to turn a picture so that it is upright: GStreamer's `image-orientation` tag.
/// A flip is horizontal and comes before the clockwise rotation.
enum class Orientation {
  rotate_0, rotate_90, rotate_180, rotate_270,
  flip_rotate_0, flip_rotate_90, flip_rotate_180, flip_rotate_270,
};

enum class MemoryKind { host, cuda };

/// Times of a frame that are carried to its results unchanged; they take no part in sampling.
struct FrameTag {
  std::int64_t running_ns = -1;  ///< running time; -1: unknown
  std::int64_t utc_ns = 0;       ///< wall clock, ns since 1970; 0: unknown
  std::string timecode;          ///< "10:00:00:05"; empty: none
};

/// A borrowed picture: valid for the duration of the call that takes it.
struct FrameView {
  PixelFormat format = PixelFormat::i420;
  int width = 0;   ///< pixels, as stored (before orientation)
  int height = 0;
  std::array<const std::uint8_t*, 4> planes{};  ///< in the format's own order (YV12: Y, V, U)
  std::array<std::ptrdiff_t, 4> strides{};      ///< bytes per row
  MemoryKind memory = MemoryKind::host;
  int cuda_device = 0;  ///< for information: what counts is the CUDA context that is current
  ColorMatrix matrix = ColorMatrix::bt601;
  ColorRange range = ColorRange::limited;
  Orientation orientation = Orientation::rotate_0;
  int par_n = 1;  ///< pixel aspect ratio, width : height of a pixel as stored
  int par_d = 1;
  std::int64_t pts_ns = 0;  ///< stream time
  FrameTag tag;
};

}  // namespace vifi
