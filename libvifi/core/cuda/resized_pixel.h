#pragma once

#include "cuda/kernel_code.h"
#include "cuda/kernels.h"

// Each operation and its order are those of video/kernels_plain.cpp, so that a GPU told not to fuse multiplications with
// additions computes the same bits.

namespace vifi::cuda {

template <typename T>
struct Rgb {
  T red, green, blue;
};

VIFI_KERNEL float sample(const std::uint8_t* at, const Picture& picture) {
  const int value = picture.sample_bytes == 1 ? *at : (at[0] | at[1] << 8) >> picture.sample_shift;
  return static_cast<float>(value);
}

VIFI_KERNEL int to_byte(float value) { return static_cast<int>(value < 0.0F ? 0.0F : value > 255.0F ? 255.0F : value); }

/// A pixel as it is stored.
VIFI_KERNEL Rgb<int> stored_pixel(const Picture& p, int x, int y) {
  const std::uint8_t* first = p.y + y * p.y_stride + static_cast<std::int64_t>(x) * p.y_step;
  if (p.rgb) {
    const std::int64_t offset = y * p.y_stride + static_cast<std::int64_t>(x) * p.y_step;
    return {*first, p.u[offset], p.v[offset]};
  }
  float u = 0, v = 0;
  if (p.u) {
    const std::int64_t row = y >> p.chroma_shift_y;
    const std::int64_t column = static_cast<std::int64_t>(x >> p.chroma_shift_x) * p.chroma_step;
    u = sample(p.u + row * p.u_stride + column, p);
    v = sample(p.v + row * p.v_stride + column, p);
  }
  const float luma = p.luma * sample(first, p);
  const float red = p.red_v * v + p.red;
  const float green = p.green_u * u + p.green_v * v + p.green;
  const float blue = p.blue_u * u + p.blue;
  return {to_byte(luma + red), to_byte(luma + green), to_byte(luma + blue)};
}

/// A pixel of the upright picture.
VIFI_KERNEL Rgb<int> upright_pixel(const Picture& p, int x, int y) {
  const int across = p.transpose ? p.height : p.width, down = p.transpose ? p.width : p.height;
  const int column = p.mirror_x ? across - 1 - x : x, row = p.mirror_y ? down - 1 - y : y;
  return p.transpose ? stored_pixel(p, row, column) : stored_pixel(p, column, row);
}

VIFI_KERNEL int clamped(int value, int largest) { return value < 0 ? 0 : value > largest ? largest : value; }

/// Rule A: two taps each way, 11-bit weights.
VIFI_KERNEL Rgb<int> opencv_pixel(const Picture& picture, const Resize& resize, int x, int y) {
  const std::int32_t* along = resize.along.fixed + static_cast<std::int64_t>(x) * resize.along.taps;
  const std::int32_t* over = resize.over.fixed + static_cast<std::int64_t>(y) * resize.over.taps;
  Rgb<int> sum{0, 0, 0};
  for (int k = 0; k < 2; ++k) {
    const int row = clamped(resize.over.first[y] + k, resize.source_height - 1), column = resize.along.first[x];
    const Rgb<int> a = upright_pixel(picture, column, row);
    const Rgb<int> b = resize.along.used[x] > 1 ? upright_pixel(picture, column + 1, row) : Rgb<int>{0, 0, 0};
    sum.red += (((a.red * along[0] + b.red * along[1]) >> 4) * over[k]) >> 16;
    sum.green += (((a.green * along[0] + b.green * along[1]) >> 4) * over[k]) >> 16;
    sum.blue += (((a.blue * along[0] + b.blue * along[1]) >> 4) * over[k]) >> 16;
  }
  return {(sum.red + 2) >> 2 & 255, (sum.green + 2) >> 2 & 255, (sum.blue + 2) >> 2 & 255};
}

VIFI_KERNEL int pillow_rounded(std::int32_t sum) { return clamped((sum + (1 << 21)) >> 22, 255); }

/// Rule B: 22-bit weights, rounded to 8 bits after each pass.
VIFI_KERNEL Rgb<int> pillow_pixel(const Picture& picture, const Resize& resize, int x, int y) {
  const std::int32_t* along = resize.along.fixed + static_cast<std::int64_t>(x) * resize.along.taps;
  const std::int32_t* over = resize.over.fixed + static_cast<std::int64_t>(y) * resize.over.taps;
  Rgb<std::int32_t> sum{0, 0, 0};
  for (int k = 0; k < resize.over.used[y]; ++k) {
    Rgb<std::int32_t> row{0, 0, 0};
    for (int i = 0; i < resize.along.used[x]; ++i) {
      const Rgb<int> pixel = upright_pixel(picture, resize.along.first[x] + i, resize.over.first[y] + k);
      row.red += pixel.red * along[i];
      row.green += pixel.green * along[i];
      row.blue += pixel.blue * along[i];
    }
    sum.red += pillow_rounded(row.red) * over[k];
    sum.green += pillow_rounded(row.green) * over[k];
    sum.blue += pillow_rounded(row.blue) * over[k];
  }
  return {pillow_rounded(sum.red), pillow_rounded(sum.green), pillow_rounded(sum.blue)};
}

/// Rule C: floating point, never rounded.
VIFI_KERNEL Rgb<float> antialias_pixel(const Picture& picture, const Resize& resize, int x, int y) {
  const float* along = resize.along.real + static_cast<std::int64_t>(x) * resize.along.taps;
  const float* over = resize.over.real + static_cast<std::int64_t>(y) * resize.over.taps;
  Rgb<float> sum{0, 0, 0};
  for (int k = 0; k < resize.over.used[y]; ++k) {
    Rgb<float> row{0, 0, 0};
    for (int i = 0; i < resize.along.used[x]; ++i) {
      const Rgb<int> pixel = upright_pixel(picture, resize.along.first[x] + i, resize.over.first[y] + k);
      row.red += static_cast<float>(pixel.red) * along[i];
      row.green += static_cast<float>(pixel.green) * along[i];
      row.blue += static_cast<float>(pixel.blue) * along[i];
    }
    sum.red += over[k] * row.red;
    sum.green += over[k] * row.green;
    sum.blue += over[k] * row.blue;
  }
  return sum;
}

/// Writes pixel (x, y) of the output. @param out  [3, height, width]: float for rule C, else bytes
VIFI_KERNEL void write_pixel(const Picture& picture, const Resize& resize, int x, int y, void* out) {
  const std::int64_t plane = static_cast<std::int64_t>(resize.along.count) * resize.over.count;
  const std::int64_t at = static_cast<std::int64_t>(y) * resize.along.count + x;
  if (resize.rule == Rule::antialias_bilinear) {
    const Rgb<float> pixel = antialias_pixel(picture, resize, x, y);
    float* values = static_cast<float*>(out) + at;
    values[0] = pixel.red;
    values[plane] = pixel.green;
    values[2 * plane] = pixel.blue;
    return;
  }
  const Rgb<int> pixel = resize.rule == Rule::opencv_bilinear ? opencv_pixel(picture, resize, x, y)
                                                              : pillow_pixel(picture, resize, x, y);
  std::uint8_t* bytes = static_cast<std::uint8_t*>(out) + at;
  bytes[0] = static_cast<std::uint8_t>(pixel.red);
  bytes[plane] = static_cast<std::uint8_t>(pixel.green);
  bytes[2 * plane] = static_cast<std::uint8_t>(pixel.blue);
}

}  // namespace vifi::cuda
