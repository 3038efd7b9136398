#include <algorithm>
#include <cstring>

#include "video/kernels.h"

namespace vifi {
namespace {

void split_rgb(const std::uint8_t* pixels, int step, const int* order, int width, RgbRow out) {
  for (int x = 0; x < width; ++x, pixels += step) {
    out.red[x] = pixels[order[0]];
    out.green[x] = pixels[order[1]];
    out.blue[x] = pixels[order[2]];
  }
}

void transpose16(const std::uint8_t* in, std::ptrdiff_t in_stride, std::uint8_t* out, std::ptrdiff_t out_stride) {
  for (int column = 0; column < 16; ++column) {
    for (int row = 0; row < 16; ++row) {
      out[column * out_stride + row] = in[row * in_stride + column];
    }
  }
}

template <typename Load>
void chroma_terms(int count, bool twice, const YuvToRgb& c, ChromaTerms out, Load load) {
  for (int i = 0; i < count; ++i) {
    const auto [u, v] = load(i);
    const float red = c.red_v * v + c.red;
    const float green = c.green_u * u + c.green_v * v + c.green;
    const float blue = c.blue_u * u + c.blue;
    if (twice) {
      out.red[2 * i] = out.red[2 * i + 1] = red;
      out.green[2 * i] = out.green[2 * i + 1] = green;
      out.blue[2 * i] = out.blue[2 * i + 1] = blue;
    } else {
      out.red[i] = red;
      out.green[i] = green;
      out.blue[i] = blue;
    }
  }
}

float load16(const std::uint8_t* bytes, int shift) {
  return static_cast<float>((bytes[0] | bytes[1] << 8) >> shift);
}

struct Chroma {
  float u, v;
};

void chroma8(const std::uint8_t* u, const std::uint8_t* v, int step, int count, bool twice, const YuvToRgb& color,
             ChromaTerms out) {
  chroma_terms(count, twice, color, out,
               [=](int i) { return Chroma{static_cast<float>(u[i * step]), static_cast<float>(v[i * step])}; });
}

void chroma16(const std::uint8_t* u, const std::uint8_t* v, int step, int shift, int count, bool twice,
              const YuvToRgb& color, ChromaTerms out) {
  chroma_terms(count, twice, color, out,
               [=](int i) { return Chroma{load16(u + i * step, shift), load16(v + i * step, shift)}; });
}

std::uint8_t to_byte(float value) { return static_cast<std::uint8_t>(std::clamp(value, 0.0F, 255.0F)); }

void luma8(const std::uint8_t* y, int step, int width, float luma, ChromaTerms terms, RgbRow out) {
  for (int x = 0; x < width; ++x) {
    const float value = luma * y[x * step];
    out.red[x] = to_byte(value + terms.red[x]);
    out.green[x] = to_byte(value + terms.green[x]);
    out.blue[x] = to_byte(value + terms.blue[x]);
  }
}

void luma16(const std::uint8_t* y, int shift, int width, float luma, ChromaTerms terms, RgbRow out) {
  for (int x = 0; x < width; ++x) {
    const float value = luma * load16(y + 2 * x, shift);
    out.red[x] = to_byte(value + terms.red[x]);
    out.green[x] = to_byte(value + terms.green[x]);
    out.blue[x] = to_byte(value + terms.blue[x]);
  }
}

void opencv_row(const std::uint8_t* source, const ResizeTable& table, std::int16_t* out) {
  for (std::size_t i = 0; i < table.first.size(); ++i) {
    const std::uint8_t* p = source + table.first[i] - table.source_begin;
    out[i] = static_cast<std::int16_t>((p[0] * table.low[2 * i] + p[1] * table.low[2 * i + 1]) >> 4);
  }
}

void opencv_rows(const std::int16_t* row0, const std::int16_t* row1, int weight0, int weight1, int width,
                 std::uint8_t* out) {
  for (int x = 0; x < width; ++x) {
    out[x] = static_cast<std::uint8_t>((((row0[x] * weight0) >> 16) + ((row1[x] * weight1) >> 16) + 2) >> 2);
  }
}

std::uint8_t pillow_round(std::int32_t sum) {
  return static_cast<std::uint8_t>(std::clamp((sum + (1 << 21)) >> 22, 0, 255));
}

void pillow_row(const std::uint8_t* source, const ResizeTable& table, std::uint8_t* out) {
  for (std::size_t i = 0; i < table.first.size(); ++i) {
    const std::uint8_t* p = source + table.first[i] - table.source_begin;
    std::int32_t sum = 0;
    for (int k = 0; k < table.used[i]; ++k) {
      sum += p[k] * table.fixed(i * table.taps + k);
    }
    out[i] = pillow_round(sum);
  }
}

void pillow_rows(const std::uint8_t* const* rows, const ResizeTable& table, int index, int width, std::uint8_t* out) {
  const std::size_t weights = static_cast<std::size_t>(index) * table.taps;
  for (int x = 0; x < width; ++x) {
    std::int32_t sum = 0;
    for (int k = 0; k < table.used[index]; ++k) {
      sum += rows[k][x] * table.fixed(weights + k);
    }
    out[x] = pillow_round(sum);
  }
}

void float_row(const std::uint8_t* source, const ResizeTable& table, float* out) {
  for (std::size_t i = 0; i < table.first.size(); ++i) {
    const std::uint8_t* p = source + table.first[i] - table.source_begin;
    float sum = 0;
    for (int k = 0; k < table.used[i]; ++k) {
      sum += static_cast<float>(p[k]) * table.real[i * table.taps + k];
    }
    out[i] = sum;
  }
}

void float_rows(const float* const* rows, const ResizeTable& table, int index, int width, float* out) {
  const float* weights = table.real.data() + static_cast<std::size_t>(index) * table.taps;
  std::fill_n(out, width, 0.0F);
  for (int k = 0; k < table.used[index]; ++k) {
    for (int x = 0; x < width; ++x) {
      out[x] += weights[k] * rows[k][x];
    }
  }
}

}  // namespace

const Kernels& plain_kernels() {
  static constexpr Kernels kernels{
      "plain", split_rgb,  transpose16, chroma8,    chroma16,    luma8,     luma16,
      opencv_row, opencv_rows, pillow_row, pillow_rows, float_row, float_rows};
  return kernels;
}

const Kernels& best_kernels() {
  for (const Kernels* kernels : {avx512_kernels(), avx2_kernels()}) {
    if (kernels != nullptr) return *kernels;
  }
  return plain_kernels();
}

}  // namespace vifi
