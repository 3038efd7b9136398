#pragma once

#include "video/geometry.h"
#include "vifi/preprocess.h"

namespace vifi {

/// How the reference prepares the frames of a test (mmaction's pipeline): short side 256/224 S in OpenCV's arithmetic,
/// the middle square, ImageNet's statistics (its values of 0..255 divided by 255).
inline PreprocessSpec reference_preprocess(int size) {
  return {.size = size,
          .resize_size = scaled_short_side(size),
          .interpolation = Interpolation::bilinear,
          .antialias = false,
          .rounding = Rounding::opencv,
          .crop_offset = CropOffset::floor,
          .mean = {123.675F / 255, 116.28F / 255, 103.53F / 255},
          .std = {58.395F / 255, 57.12F / 255, 57.375F / 255}};
}

}  // namespace vifi
