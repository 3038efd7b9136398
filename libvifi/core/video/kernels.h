#pragma once

#include <cstddef>
#include <cstdint>

#include "vifi/export.h"
#include "video/color_matrix.h"
#include "video/resize_table.h"

namespace vifi {

/// Bytes that a kernel may read (never use) beyond the last sample of a row buffer of ours.
inline constexpr int kRowSlack = 64;

/// A row of a picture in planar RGB, 8 bits a sample; borrowed.
struct RgbRow {
  std::uint8_t* red;
  std::uint8_t* green;
  std::uint8_t* blue;
};

/// What the chroma samples of a row add to each pixel's luma, [width] each (YuvToRgb's terms).
struct ChromaTerms {
  float* red;
  float* green;
  float* blue;
};

/// The inner loops of colour conversion and resizing. Every set computes the same bits, except `float_row` and
/// `float_rows`, whose sums run in another order. Rows of ours may be read up to kRowSlack bytes beyond their end;
/// the caller's picture never is.
struct Kernels {
  const char* name;

  /// Packed pixels of `step` bytes to planes. @param order  byte of R, G, B in a pixel
  void (*split_rgb)(const std::uint8_t* pixels, int step, const int* order, int width, RgbRow out);

  /// 16 x 16 bytes with rows and columns exchanged. Strides in bytes, negative ones too.
  void (*transpose16)(const std::uint8_t* in, std::ptrdiff_t in_stride, std::uint8_t* out, std::ptrdiff_t out_stride);

  /// Chroma samples lie `step` bytes apart. @param twice  each sample covers two pixels: [2*count] terms are written
  void (*chroma8)(const std::uint8_t* u, const std::uint8_t* v, int step, int count, bool twice, const YuvToRgb& color,
                  ChromaTerms out);
  /// Little-endian 16-bit samples whose value lies `shift` bits up.
  void (*chroma16)(const std::uint8_t* u, const std::uint8_t* v, int step, int shift, int count, bool twice,
                   const YuvToRgb& color, ChromaTerms out);

  /// clamp(luma * Y + term), fraction cut off. Luma samples lie `step` bytes apart.
  void (*luma8)(const std::uint8_t* y, int step, int width, float luma, ChromaTerms terms, RgbRow out);
  void (*luma16)(const std::uint8_t* y, int shift, int width, float luma, ChromaTerms terms, RgbRow out);

  /// Rule A along a row: (p[s]*w0 + p[s+1]*w1) >> 4. @param source  sample table.source_begin is source[0]
  void (*opencv_row)(const std::uint8_t* source, const ResizeTable& table, std::int16_t* out);
  /// Rule A over two rows of `width` values.
  void (*opencv_rows)(const std::int16_t* row0, const std::int16_t* row1, int weight0, int weight1, int width,
                      std::uint8_t* out);

  /// Rule B along a row.
  void (*pillow_row)(const std::uint8_t* source, const ResizeTable& table, std::uint8_t* out);
  /// Rule B over rows: output `index` of the table from `table.used[index]` rows of `width` values.
  void (*pillow_rows)(const std::uint8_t* const* rows, const ResizeTable& table, int index, int width,
                      std::uint8_t* out);

  /// Rule C along a row.
  void (*float_row)(const std::uint8_t* source, const ResizeTable& table, float* out);
  /// Rule C over rows.
  void (*float_rows)(const float* const* rows, const ResizeTable& table, int index, int width, float* out);
};

/// Portable; the reference for the others.
const Kernels& plain_kernels();

/// Null where the machine lacks AVX2.
VIFI_API const Kernels* avx2_kernels();

/// Null where the machine lacks AVX-512 with VBMI and VNNI.
VIFI_API const Kernels* avx512_kernels();

/// The fastest that this machine runs; chosen once.
VIFI_API const Kernels& best_kernels();

}  // namespace vifi
