#pragma once

#include "vifi/frame.h"

namespace vifi {

/// Y'CbCr to R'G'B' on the 0..255 scale, for raw sample values Y, U, V:
///   R = luma * Y + red_v * V + red
///   G = luma * Y + green_u * U + green_v * V + green
///   B = luma * Y + blue_u * U + blue
/// The constants hold 0.5 more than the formula, so that cutting off the fraction rounds.
struct YuvToRgb {
  float luma = 1;
  float red_v = 0, red = 0;
  float green_u = 0, green_v = 0, green = 0;
  float blue_u = 0, blue = 0;
};

/// @param bits  of the raw samples, 8 or 10
/// @throws Error(unsupported) for ColorMatrix::rgb
YuvToRgb yuv_to_rgb(ColorMatrix matrix, ColorRange range, int bits);

/// For pictures without chroma: only the range matters.
YuvToRgb gray_to_rgb(ColorRange range, int bits);

}  // namespace vifi
