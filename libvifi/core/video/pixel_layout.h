#pragma once

#include <array>
#include <string_view>

#include "vifi/frame.h"

namespace vifi {

/// How a pixel format lies in memory.
struct PixelLayout {
  enum class Kind { planar_yuv, semiplanar_yuv, packed_yuv422, gray, packed_rgb };

  std::string_view name;      ///< GStreamer's
  Kind kind = Kind::planar_yuv;
  int planes = 1;
  int bits = 8;               ///< significant bits per sample
  int sample_bytes = 1;
  int sample_shift = 0;       ///< unused low bits of a sample (P010: 6)
  int chroma_shift_x = 0;     ///< log2 of luma columns per chroma sample
  int chroma_shift_y = 0;
  int step = 0;               ///< packed_rgb: bytes per pixel
  /// planar_yuv: planes of Y, U, V; semiplanar_yuv: -, position of U and V in a pair;
  /// packed_yuv422: bytes of Y0, U, V in a group of four; packed_rgb: bytes of R, G, B in a pixel.
  std::array<int, 3> order{};

  bool is_yuv() const { return kind != Kind::packed_rgb; }
  bool has_chroma() const { return is_yuv() && kind != Kind::gray; }
  /// Bytes that a row of `plane` holds for a picture `width` pixels wide.
  int row_bytes(int plane, int width) const;
};

const PixelLayout& layout_of(PixelFormat format);

}  // namespace vifi
