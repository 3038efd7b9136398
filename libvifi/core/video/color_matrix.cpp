#include "video/color_matrix.h"

#include "vifi/error.h"

namespace vifi {
namespace {

struct LumaWeights {
  double red;
  double blue;
};

LumaWeights luma_weights(ColorMatrix matrix) {
  switch (matrix) {
    case ColorMatrix::bt601: return {0.299, 0.114};
    case ColorMatrix::bt709: return {0.2126, 0.0722};
    case ColorMatrix::bt2020: return {0.2627, 0.0593};
    case ColorMatrix::fcc: return {0.30, 0.11};
    case ColorMatrix::smpte240m: return {0.212, 0.087};
    case ColorMatrix::rgb: break;
  }
  throw Error(ErrorCode::unsupported, "[prepare] a Y'CbCr picture with the colour matrix rgb: its luma weights are unknown",
              "state the colorimetry, for example bt709");
}

struct Scales {
  double luma, luma_zero, chroma, chroma_zero;
};

Scales scales_of(ColorRange range, int bits) {
  const double unit = 1 << (bits - 8);
  const double largest = (1 << bits) - 1;
  if (range == ColorRange::full) {
    return {255 / largest, 0, 255 / largest, 128 * unit};
  }
  return {255 / (219 * unit), 16 * unit, 255 / (224 * unit), 128 * unit};
}

}  // namespace

YuvToRgb yuv_to_rgb(ColorMatrix matrix, ColorRange range, int bits) {
  const auto [kr, kb] = luma_weights(matrix);
  const double kg = 1 - kr - kb;
  const Scales s = scales_of(range, bits);
  const double red_v = 2 * (1 - kr) * s.chroma;
  const double blue_u = 2 * (1 - kb) * s.chroma;
  const double green_u = -2 * kb * (1 - kb) / kg * s.chroma;
  const double green_v = -2 * kr * (1 - kr) / kg * s.chroma;
  const double black = 0.5 - s.luma * s.luma_zero;

  YuvToRgb c;
  c.luma = static_cast<float>(s.luma);
  c.red_v = static_cast<float>(red_v);
  c.red = static_cast<float>(black - red_v * s.chroma_zero);
  c.green_u = static_cast<float>(green_u);
  c.green_v = static_cast<float>(green_v);
  c.green = static_cast<float>(black - (green_u + green_v) * s.chroma_zero);
  c.blue_u = static_cast<float>(blue_u);
  c.blue = static_cast<float>(black - blue_u * s.chroma_zero);
  return c;
}

YuvToRgb gray_to_rgb(ColorRange range, int bits) {
  const Scales s = scales_of(range, bits);
  YuvToRgb c;
  c.luma = static_cast<float>(s.luma);
  c.red = c.green = c.blue = static_cast<float>(0.5 - s.luma * s.luma_zero);
  return c;
}

}  // namespace vifi
