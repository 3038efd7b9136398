#include "frame_code.h"

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

namespace vifi {
namespace {

struct Size {
  int width;
  int height;
};

bool is_turned(Orientation orientation) {
  return orientation == Orientation::rotate_90 || orientation == Orientation::rotate_270 ||
         orientation == Orientation::flip_rotate_90 || orientation == Orientation::flip_rotate_270;
}

Size upright_size(const FrameView& frame) {
  return is_turned(frame.orientation) ? Size{frame.height, frame.width} : Size{frame.width, frame.height};
}

int stored_brightness(const FrameView& frame, int x, int y) {
  const std::uint8_t* row = frame.planes[0] + y * frame.strides[0];
  switch (frame.format) {
    case PixelFormat::i420:
    case PixelFormat::yv12:
    case PixelFormat::nv12:
    case PixelFormat::nv21:
    case PixelFormat::y42b:
    case PixelFormat::y444:
    case PixelFormat::gray8: return row[x];
    case PixelFormat::i420_10le: return (row[2 * x] | row[2 * x + 1] << 8) >> 2;
    case PixelFormat::rgb:
    case PixelFormat::bgr: return row[3 * x + 1];
    case PixelFormat::rgbx:
    case PixelFormat::bgrx:
    case PixelFormat::rgba:
    case PixelFormat::bgra: return row[4 * x + 1];
    default: throw std::logic_error("no test clip has this format");
  }
}

double mean(const FrameView& frame, int x0, int x1, int y0, int y1) {
  long sum = 0;
  for (int y = y0; y < y1; ++y) {
    for (int x = x0; x < x1; ++x) sum += brightness(frame, x, y);
  }
  return static_cast<double>(sum) / ((x1 - x0) * (y1 - y0));
}

}  // namespace

int brightness(const FrameView& frame, int x, int y) {
  switch (frame.orientation) {  // undo the clockwise turn
    case Orientation::rotate_0:
    case Orientation::flip_rotate_0: break;
    case Orientation::rotate_90:
    case Orientation::flip_rotate_90: {
      const int turned = x;
      x = y;
      y = frame.height - 1 - turned;
      break;
    }
    case Orientation::rotate_180:
    case Orientation::flip_rotate_180:
      x = frame.width - 1 - x;
      y = frame.height - 1 - y;
      break;
    case Orientation::rotate_270:
    case Orientation::flip_rotate_270: {
      const int turned = x;
      x = frame.width - 1 - y;
      y = turned;
      break;
    }
  }
  if (frame.orientation >= Orientation::flip_rotate_0) x = frame.width - 1 - x;
  return stored_brightness(frame, x, y);
}

std::optional<int> frame_code(const FrameView& frame) {
  const auto [width, height] = upright_size(frame);
  const int band = std::max(4, 2 * ((height / 10) / 2));
  int code = 0;
  for (int block = 0; block < 16; ++block) {
    const int left = width * block / 16;
    const int right = width * (block + 1) / 16;
    const int inset = (right - left) / 4;
    const int x0 = left + inset;
    const int x1 = std::max(x0 + 1, right - inset);
    const double upper = mean(frame, x0, x1, band / 4, band - band / 4);
    const double lower = mean(frame, x0, x1, band + band / 4, 2 * band - band / 4);
    if (std::abs(upper - lower) < 60) return std::nullopt;
    code = code << 1 | (upper > lower ? 1 : 0);
  }
  return code;
}

}  // namespace vifi
