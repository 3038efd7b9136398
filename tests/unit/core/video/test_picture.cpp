#include "test_picture.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>

#include "video/pixel_layout.h"

namespace vifi::test {
namespace {

constexpr int kPadding = 5;  // bytes between rows: few of them are aligned

std::vector<std::uint8_t> random_bytes(std::size_t count, std::mt19937& random) {
  std::vector<std::uint8_t> bytes(count);
  std::generate(bytes.begin(), bytes.end(), [&] { return static_cast<std::uint8_t>(random()); });
  return bytes;
}

OwnedFrame allocated(PixelFormat format, int width, int height) {
  const PixelLayout& layout = layout_of(format);
  OwnedFrame frame;
  frame.view.format = format;
  frame.view.width = width;
  frame.view.height = height;
  for (int plane = 0; plane < layout.planes; ++plane) {
    const int shift = plane == 0 ? 0 : layout.chroma_shift_y;
    const int rows = (height + (1 << shift) - 1) >> shift;
    const int stride = layout.row_bytes(plane, width) + kPadding;
    // Nothing lies behind the last row: what reads too far is an error that AddressSanitizer sees.
    frame.planes.emplace_back(static_cast<std::size_t>(stride) * rows - kPadding, std::uint8_t{0xa5});
    frame.view.planes[plane] = frame.planes.back().data();
    frame.view.strides[plane] = stride;
  }
  return frame;
}

}  // namespace

TestPicture::TestPicture(int width, int height, unsigned seed) : width_(width), height_(height) {
  std::mt19937 random(seed);
  const std::size_t count = static_cast<std::size_t>(width) * height;
  luma_ = random_bytes(count, random);
  u_ = random_bytes(count, random);
  v_ = random_bytes(count, random);
}

OwnedFrame TestPicture::in(PixelFormat format) const {
  OwnedFrame frame = allocated(format, width_, height_);
  const auto at = [&](int plane, int x, int y) -> std::uint8_t& {
    return frame.planes[plane][y * frame.view.strides[plane] + x];
  };
  const auto put16 = [&](int plane, int x, int y, int value) {
    at(plane, 2 * x, y) = static_cast<std::uint8_t>(value & 0xff);
    at(plane, 2 * x + 1, y) = static_cast<std::uint8_t>(value >> 8);
  };
  for (int y = 0; y < height_; ++y) {
    for (int x = 0; x < width_; ++x) {
      const auto l = static_cast<std::uint8_t>(luma(x, y));
      const auto u = static_cast<std::uint8_t>(chroma_u(x, y));
      const auto v = static_cast<std::uint8_t>(chroma_v(x, y));
      const int cx = x / 2;
      const int cy = y / 2;
      switch (format) {
        case PixelFormat::i420: at(0, x, y) = l; at(1, cx, cy) = u; at(2, cx, cy) = v; break;
        case PixelFormat::yv12: at(0, x, y) = l; at(1, cx, cy) = v; at(2, cx, cy) = u; break;
        case PixelFormat::nv12: at(0, x, y) = l; at(1, 2 * cx, cy) = u; at(1, 2 * cx + 1, cy) = v; break;
        case PixelFormat::nv21: at(0, x, y) = l; at(1, 2 * cx, cy) = v; at(1, 2 * cx + 1, cy) = u; break;
        case PixelFormat::yuy2: at(0, 2 * x, y) = l; at(0, 4 * cx + 1, y) = u; at(0, 4 * cx + 3, y) = v; break;
        case PixelFormat::uyvy: at(0, 2 * x + 1, y) = l; at(0, 4 * cx, y) = u; at(0, 4 * cx + 2, y) = v; break;
        case PixelFormat::y42b: at(0, x, y) = l; at(1, cx, y) = u; at(2, cx, y) = v; break;
        case PixelFormat::y444: at(0, x, y) = l; at(1, x, y) = u; at(2, x, y) = v; break;
        case PixelFormat::i420_10le: put16(0, x, y, 4 * l); put16(1, cx, cy, 4 * u); put16(2, cx, cy, 4 * v); break;
        case PixelFormat::p010_10le:
          put16(0, x, y, 256 * l);
          put16(1, 2 * cx, cy, 256 * u);
          put16(1, 2 * cx + 1, cy, 256 * v);
          break;
        default: at(0, x, y) = l; break;
      }
    }
  }
  return frame;
}

std::vector<double> TestPicture::rgb(double kr, double kb, bool full_range) const {
  const double kg = 1 - kr - kb;
  std::vector<double> rgb;
  for (int y = 0; y < height_; ++y) {
    for (int x = 0; x < width_; ++x) {
      const double l = full_range ? luma(x, y) / 255.0 : (luma(x, y) - 16) / 219.0;
      const double cb = (chroma_u(x, y) - 128) / (full_range ? 255.0 : 224.0);
      const double cr = (chroma_v(x, y) - 128) / (full_range ? 255.0 : 224.0);
      for (const double value : {l + 2 * (1 - kr) * cr, l - 2 * kr * (1 - kr) / kg * cr - 2 * kb * (1 - kb) / kg * cb,
                                 l + 2 * (1 - kb) * cb}) {
        rgb.push_back(std::clamp(255 * value, 0.0, 255.0));
      }
    }
  }
  return rgb;
}

OwnedFrame packed_rgb(const std::vector<std::uint8_t>& pixels, int width, int height, PixelFormat format) {
  const PixelLayout& layout = layout_of(format);
  OwnedFrame frame = allocated(format, width, height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < 3; ++c) {
        frame.planes[0][y * frame.view.strides[0] + x * layout.step + layout.order[c]] =
            pixels[3 * (static_cast<std::size_t>(y) * width + x) + c];
      }
    }
  }
  return frame;
}

std::vector<std::uint8_t> random_pixels(int width, int height, unsigned seed) {
  std::mt19937 random(seed);
  return random_bytes(std::size_t{3} * width * height, random);
}

OwnedFrame upside_down(const OwnedFrame& frame) {
  OwnedFrame turned = frame;
  for (std::size_t plane = 0; plane < frame.planes.size(); ++plane) {
    const std::ptrdiff_t stride = frame.view.strides[plane];
    const std::ptrdiff_t used = stride - kPadding;
    const std::size_t rows = (frame.planes[plane].size() + kPadding) / stride;
    for (std::size_t row = 0; row < rows; ++row) {
      std::copy_n(frame.planes[plane].begin() + row * stride, used,
                  turned.planes[plane].begin() + (rows - 1 - row) * stride);
    }
    turned.view.planes[plane] = turned.planes[plane].data() + (rows - 1) * stride;
    turned.view.strides[plane] = -stride;
  }
  return turned;
}

}  // namespace vifi::test
