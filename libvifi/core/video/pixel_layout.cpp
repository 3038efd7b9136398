#include "video/pixel_layout.h"

#include "vifi/error.h"

namespace vifi {
namespace {

using Kind = PixelLayout::Kind;

constexpr PixelLayout planar(std::string_view name, int shift_x, int shift_y, std::array<int, 3> order = {0, 1, 2}) {
  PixelLayout layout;
  layout.name = name;
  layout.kind = Kind::planar_yuv;
  layout.planes = 3;
  layout.chroma_shift_x = shift_x;
  layout.chroma_shift_y = shift_y;
  layout.order = order;
  return layout;
}

constexpr PixelLayout semiplanar(std::string_view name, std::array<int, 3> order) {
  PixelLayout layout = planar(name, 1, 1, order);
  layout.kind = Kind::semiplanar_yuv;
  layout.planes = 2;
  return layout;
}

constexpr PixelLayout packed_yuv(std::string_view name, std::array<int, 3> order) {
  PixelLayout layout = planar(name, 1, 0, order);
  layout.kind = Kind::packed_yuv422;
  layout.planes = 1;
  return layout;
}

constexpr PixelLayout ten_bits(PixelLayout layout, int sample_shift) {
  layout.bits = 10;
  layout.sample_bytes = 2;
  layout.sample_shift = sample_shift;
  return layout;
}

constexpr PixelLayout packed_rgb(std::string_view name, int step, std::array<int, 3> order) {
  PixelLayout layout;
  layout.name = name;
  layout.kind = Kind::packed_rgb;
  layout.step = step;
  layout.order = order;
  return layout;
}

constexpr PixelLayout gray() {
  PixelLayout layout;
  layout.name = "GRAY8";
  layout.kind = Kind::gray;
  return layout;
}

}  // namespace

int PixelLayout::row_bytes(int plane, int width) const {
  const int chroma_width = (width + (1 << chroma_shift_x) - 1) >> chroma_shift_x;
  switch (kind) {
    case Kind::planar_yuv: return (plane == 0 ? width : chroma_width) * sample_bytes;
    case Kind::semiplanar_yuv: return (plane == 0 ? width : 2 * chroma_width) * sample_bytes;
    case Kind::packed_yuv422: return 4 * chroma_width;
    case Kind::gray: return width;
    case Kind::packed_rgb: return width * step;
  }
  return 0;
}

const PixelLayout& layout_of(PixelFormat format) {
  static constexpr PixelLayout i420 = planar("I420", 1, 1);
  static constexpr PixelLayout yv12 = planar("YV12", 1, 1, {0, 2, 1});
  static constexpr PixelLayout nv12 = semiplanar("NV12", {0, 0, 1});
  static constexpr PixelLayout nv21 = semiplanar("NV21", {0, 1, 0});
  static constexpr PixelLayout yuy2 = packed_yuv("YUY2", {0, 1, 3});
  static constexpr PixelLayout uyvy = packed_yuv("UYVY", {1, 0, 2});
  static constexpr PixelLayout y42b = planar("Y42B", 1, 0);
  static constexpr PixelLayout y444 = planar("Y444", 0, 0);
  static constexpr PixelLayout gray8 = gray();
  static constexpr PixelLayout rgb = packed_rgb("RGB", 3, {0, 1, 2});
  static constexpr PixelLayout bgr = packed_rgb("BGR", 3, {2, 1, 0});
  static constexpr PixelLayout rgbx = packed_rgb("RGBx", 4, {0, 1, 2});
  static constexpr PixelLayout bgrx = packed_rgb("BGRx", 4, {2, 1, 0});
  static constexpr PixelLayout xrgb = packed_rgb("xRGB", 4, {1, 2, 3});
  static constexpr PixelLayout xbgr = packed_rgb("xBGR", 4, {3, 2, 1});
  static constexpr PixelLayout rgba = packed_rgb("RGBA", 4, {0, 1, 2});
  static constexpr PixelLayout bgra = packed_rgb("BGRA", 4, {2, 1, 0});
  static constexpr PixelLayout argb = packed_rgb("ARGB", 4, {1, 2, 3});
  static constexpr PixelLayout abgr = packed_rgb("ABGR", 4, {3, 2, 1});
  static constexpr PixelLayout i420_10le = ten_bits(planar("I420_10LE", 1, 1), 0);
  static constexpr PixelLayout p010_10le = ten_bits(semiplanar("P010_10LE", {0, 0, 1}), 6);

  switch (format) {
    case PixelFormat::i420: return i420;
    case PixelFormat::yv12: return yv12;
    case PixelFormat::nv12: return nv12;
    case PixelFormat::nv21: return nv21;
    case PixelFormat::yuy2: return yuy2;
    case PixelFormat::uyvy: return uyvy;
    case PixelFormat::y42b: return y42b;
    case PixelFormat::y444: return y444;
    case PixelFormat::gray8: return gray8;
    case PixelFormat::rgb: return rgb;
    case PixelFormat::bgr: return bgr;
    case PixelFormat::rgbx: return rgbx;
    case PixelFormat::bgrx: return bgrx;
    case PixelFormat::xrgb: return xrgb;
    case PixelFormat::xbgr: return xbgr;
    case PixelFormat::rgba: return rgba;
    case PixelFormat::bgra: return bgra;
    case PixelFormat::argb: return argb;
    case PixelFormat::abgr: return abgr;
    case PixelFormat::i420_10le: return i420_10le;
    case PixelFormat::p010_10le: return p010_10le;
  }
  throw Error(ErrorCode::invalid_argument,
              "[prepare] pixel format " + std::to_string(static_cast<int>(format)) + " does not exist");
}

}  // namespace vifi
