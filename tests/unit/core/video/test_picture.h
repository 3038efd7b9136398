#pragma once

#include <cstdint>
#include <vector>

#include "vifi/frame.h"

namespace vifi::test {

/// A frame that owns its memory; rows are padded by an odd number of bytes that hold rubbish.
struct OwnedFrame {
  FrameView view;
  std::vector<std::vector<std::uint8_t>> planes;
};

/// Random Y'CbCr samples whose chroma is constant over blocks of 2 x 2 pixels, so that every format can hold it.
class TestPicture {
 public:
  TestPicture(int width, int height, unsigned seed = 1);

  int width() const { return width_; }
  int height() const { return height_; }

  /// The picture in any Y'CbCr format or gray (luma alone). 10-bit formats hold four times the 8-bit values.
  OwnedFrame in(PixelFormat format) const;

  /// The formula of the colour conversion in double precision, not rounded. @return [height, width, 3]
  std::vector<double> rgb(double kr, double kb, bool full_range) const;

 private:
  int luma(int x, int y) const { return luma_[y * width_ + x]; }
  int chroma_u(int x, int y) const { return u_[y / 2 * width_ + x / 2]; }
  int chroma_v(int x, int y) const { return v_[y / 2 * width_ + x / 2]; }

  int width_;
  int height_;
  std::vector<std::uint8_t> luma_, u_, v_;
};

/// 8-bit RGB pixels [height, width, 3] in any packed RGB format.
OwnedFrame packed_rgb(const std::vector<std::uint8_t>& pixels, int width, int height, PixelFormat format);

/// Random RGB pixels [height, width, 3].
std::vector<std::uint8_t> random_pixels(int width, int height, unsigned seed = 1);

/// The same picture with its rows in reverse order in memory and negative strides.
OwnedFrame upside_down(const OwnedFrame& frame);

}  // namespace vifi::test
