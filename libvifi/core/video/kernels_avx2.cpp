#include "video/kernels.h"

#if defined(__x86_64__)

#include <immintrin.h>

#include <algorithm>
#include <cstring>

// The target is an attribute of each function, not an option of the file: an inline function of the standard library
// that was compiled with the option could replace the one that older machines run.
#define VIFI_AVX2 __attribute__((target("avx2,fma")))
#define VIFI_AVX2_INLINE __attribute__((target("avx2,fma"), always_inline)) inline

namespace vifi {
namespace {

VIFI_AVX2_INLINE __m128i load128(const void* from) { return _mm_loadu_si128(static_cast<const __m128i*>(from)); }
VIFI_AVX2_INLINE __m128i load64(const void* from) { return _mm_loadl_epi64(static_cast<const __m128i*>(from)); }
VIFI_AVX2_INLINE __m256i load256(const void* from) { return _mm256_loadu_si256(static_cast<const __m256i*>(from)); }
VIFI_AVX2_INLINE void store128(void* to, __m128i value) { _mm_storeu_si128(static_cast<__m128i*>(to), value); }

// ---------------------------------------------------------------------------------------------------- packed RGB

VIFI_AVX2 void split_rgb4(const std::uint8_t* pixels, const int* order, int blocks, RgbRow out) {
  alignas(16) std::uint8_t select[16];  // of 4 pixels: 4 reds, 4 greens, 4 blues
  for (int i = 0; i < 16; ++i) {
    select[i] = static_cast<std::uint8_t>(i < 12 ? 4 * (i % 4) + order[i / 4] : 0x80);
  }
  const __m128i mask = load128(select);
  for (int block = 0; block < blocks; ++block, pixels += 64) {
    const __m128i a = _mm_shuffle_epi8(load128(pixels), mask);
    const __m128i b = _mm_shuffle_epi8(load128(pixels + 16), mask);
    const __m128i c = _mm_shuffle_epi8(load128(pixels + 32), mask);
    const __m128i d = _mm_shuffle_epi8(load128(pixels + 48), mask);
    const __m128i ab = _mm_unpacklo_epi32(a, b);
    const __m128i cd = _mm_unpacklo_epi32(c, d);
    store128(out.red + 16 * block, _mm_unpacklo_epi64(ab, cd));
    store128(out.green + 16 * block, _mm_unpackhi_epi64(ab, cd));
    store128(out.blue + 16 * block, _mm_unpacklo_epi64(_mm_unpackhi_epi32(a, b), _mm_unpackhi_epi32(c, d)));
  }
}

VIFI_AVX2 void split_rgb3(const std::uint8_t* pixels, const int* order, int blocks, RgbRow out) {
  alignas(16) std::uint8_t select[3][3][16];  // [channel][third of 48 bytes]
  std::memset(select, 0x80, sizeof select);
  for (int channel = 0; channel < 3; ++channel) {
    for (int i = 0; i < 16; ++i) {
      const int byte = 3 * i + order[channel];
      select[channel][byte / 16][i] = static_cast<std::uint8_t>(byte % 16);
    }
  }
  std::uint8_t* const planes[3] = {out.red, out.green, out.blue};
  for (int block = 0; block < blocks; ++block, pixels += 48) {
    const __m128i a = load128(pixels);
    const __m128i b = load128(pixels + 16);
    const __m128i c = load128(pixels + 32);
    for (int channel = 0; channel < 3; ++channel) {
      const __m128i from_a = _mm_shuffle_epi8(a, load128(select[channel][0]));
      const __m128i from_b = _mm_shuffle_epi8(b, load128(select[channel][1]));
      const __m128i from_c = _mm_shuffle_epi8(c, load128(select[channel][2]));
      store128(planes[channel] + 16 * block, _mm_or_si128(_mm_or_si128(from_a, from_b), from_c));
    }
  }
}

void split_rgb(const std::uint8_t* pixels, int step, const int* order, int width, RgbRow out) {
  const int blocks = width / 16;
  step == 4 ? split_rgb4(pixels, order, blocks, out) : split_rgb3(pixels, order, blocks, out);
  const int done = 16 * blocks;
  plain_kernels().split_rgb(pixels + done * step, step, order, width - done,
                            {out.red + done, out.green + done, out.blue + done});
}

// ----------------------------------------------------------------------------------------------------- transposing

VIFI_AVX2 void transpose16(const std::uint8_t* in, std::ptrdiff_t in_stride, std::uint8_t* out,
                           std::ptrdiff_t out_stride) {
  __m128i rows[16];
  for (int i = 0; i < 16; ++i) {
    rows[i] = load128(in + i * in_stride);
  }
  // Each round interleaves row i with row i + 8, which moves a bit of the row number into the column number.
  for (int round = 0; round < 4; ++round) {
    __m128i next[16];
    for (int i = 0; i < 8; ++i) {
      next[2 * i] = _mm_unpacklo_epi8(rows[i], rows[i + 8]);
      next[2 * i + 1] = _mm_unpackhi_epi8(rows[i], rows[i + 8]);
    }
    std::copy(std::begin(next), std::end(next), std::begin(rows));
  }
  for (int i = 0; i < 16; ++i) {
    store128(out + i * out_stride, rows[i]);
  }
}

// -------------------------------------------------------------------------------------------------------- chroma

struct Chroma {
  __m256 u, v;
};

VIFI_AVX2_INLINE __m256 bytes_to_float(__m128i bytes) { return _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(bytes)); }

struct PlanarChroma8 {
  const std::uint8_t *u, *v;
  VIFI_AVX2_INLINE Chroma operator()(int i) const {
    return {bytes_to_float(load64(u + i)), bytes_to_float(load64(v + i))};
  }
};

struct PairedChroma8 {  // `first` and its neighbour alternate
  const std::uint8_t* first;
  bool u_first;
  VIFI_AVX2_INLINE Chroma operator()(int i) const {
    const __m256i pairs = _mm256_cvtepu16_epi32(load128(first + 2 * i));
    const __m256 even = _mm256_cvtepi32_ps(_mm256_and_si256(pairs, _mm256_set1_epi32(0xff)));
    const __m256 odd = _mm256_cvtepi32_ps(_mm256_srli_epi32(pairs, 8));
    return u_first ? Chroma{even, odd} : Chroma{odd, even};
  }
};

struct Packed422Chroma {  // v lies two bytes after u
  const std::uint8_t* u;
  VIFI_AVX2_INLINE Chroma operator()(int i) const {
    const __m256i groups = load256(u + 4 * i);
    const __m256i mask = _mm256_set1_epi32(0xff);
    return {_mm256_cvtepi32_ps(_mm256_and_si256(groups, mask)),
            _mm256_cvtepi32_ps(_mm256_and_si256(_mm256_srli_epi32(groups, 16), mask))};
  }
};

struct PlanarChroma16 {
  const std::uint8_t *u, *v;
  int shift;
  VIFI_AVX2_INLINE __m256 load(const std::uint8_t* from) const {
    return _mm256_cvtepi32_ps(_mm256_srl_epi32(_mm256_cvtepu16_epi32(load128(from)), _mm_cvtsi32_si128(shift)));
  }
  VIFI_AVX2_INLINE Chroma operator()(int i) const { return {load(u + 2 * i), load(v + 2 * i)}; }
};

struct PairedChroma16 {  // u first
  const std::uint8_t* u;
  int shift;
  VIFI_AVX2_INLINE Chroma operator()(int i) const {
    const __m256i pairs = load256(u + 4 * i);
    const __m128i count = _mm_cvtsi32_si128(shift);
    return {_mm256_cvtepi32_ps(_mm256_srl_epi32(_mm256_and_si256(pairs, _mm256_set1_epi32(0xffff)), count)),
            _mm256_cvtepi32_ps(_mm256_srl_epi32(_mm256_srli_epi32(pairs, 16), count))};
  }
};

VIFI_AVX2_INLINE void store_terms(float* out, int i, bool twice, __m256 terms) {
  if (!twice) {
    _mm256_storeu_ps(out + i, terms);
    return;
  }
  const __m256 low = _mm256_unpacklo_ps(terms, terms);
  const __m256 high = _mm256_unpackhi_ps(terms, terms);
  _mm256_storeu_ps(out + 2 * i, _mm256_permute2f128_ps(low, high, 0x20));
  _mm256_storeu_ps(out + 2 * i + 8, _mm256_permute2f128_ps(low, high, 0x31));
}

/// No fused products here: the results are those of the plain kernel to the bit.
template <typename Load>
VIFI_AVX2_INLINE void chroma_terms(int blocks, bool twice, const YuvToRgb& c, ChromaTerms out, const Load& load) {
  for (int i = 0; i < 8 * blocks; i += 8) {
    const Chroma chroma = load(i);
    const __m256 red = _mm256_add_ps(_mm256_mul_ps(_mm256_set1_ps(c.red_v), chroma.v), _mm256_set1_ps(c.red));
    const __m256 blue = _mm256_add_ps(_mm256_mul_ps(_mm256_set1_ps(c.blue_u), chroma.u), _mm256_set1_ps(c.blue));
    const __m256 green =
        _mm256_add_ps(_mm256_add_ps(_mm256_mul_ps(_mm256_set1_ps(c.green_u), chroma.u),
                                    _mm256_mul_ps(_mm256_set1_ps(c.green_v), chroma.v)),
                      _mm256_set1_ps(c.green));
    store_terms(out.red, i, twice, red);
    store_terms(out.green, i, twice, green);
    store_terms(out.blue, i, twice, blue);
  }
}

ChromaTerms advanced(ChromaTerms terms, int by) { return {terms.red + by, terms.green + by, terms.blue + by}; }

VIFI_AVX2 void chroma8(const std::uint8_t* u, const std::uint8_t* v, int step, int count, bool twice,
                       const YuvToRgb& color, ChromaTerms out) {
  int blocks = count / 8;
  if (step == 1) {
    chroma_terms(blocks, twice, color, out, PlanarChroma8{u, v});
  } else if (step == 2) {
    chroma_terms(blocks, twice, color, out, PairedChroma8{std::min(u, v), u < v});
  } else {
    blocks = (count - 1) / 8;  // a block reads up to 3 bytes beyond its samples
    chroma_terms(blocks, twice, color, out, Packed422Chroma{u});
  }
  const int done = 8 * blocks;
  plain_kernels().chroma8(u + done * step, v + done * step, step, count - done, twice, color,
                          advanced(out, twice ? 2 * done : done));
}

VIFI_AVX2 void chroma16(const std::uint8_t* u, const std::uint8_t* v, int step, int shift, int count, bool twice,
                        const YuvToRgb& color, ChromaTerms out) {
  const int blocks = count / 8;
  if (step == 2) {
    chroma_terms(blocks, twice, color, out, PlanarChroma16{u, v, shift});
  } else {
    chroma_terms(blocks, twice, color, out, PairedChroma16{u, shift});
  }
  const int done = 8 * blocks;
  plain_kernels().chroma16(u + done * step, v + done * step, step, shift, count - done, twice, color,
                           advanced(out, twice ? 2 * done : done));
}

// ---------------------------------------------------------------------------------------------------------- luma

struct Luma8 {
  const std::uint8_t* y;
  VIFI_AVX2_INLINE __m256i operator()(int x) const { return _mm256_cvtepu8_epi32(load64(y + x)); }
};

struct EveryOtherLuma8 {
  const std::uint8_t* y;
  VIFI_AVX2_INLINE __m256i operator()(int x) const {
    return _mm256_cvtepu16_epi32(_mm_and_si128(load128(y + 2 * x), _mm_set1_epi16(0xff)));
  }
};

struct Luma16 {
  const std::uint8_t* y;
  int shift;
  VIFI_AVX2_INLINE __m256i operator()(int x) const {
    return _mm256_srl_epi32(_mm256_cvtepu16_epi32(load128(y + 2 * x)), _mm_cvtsi32_si128(shift));
  }
};

/// Rounds 32 sums toward zero and saturates them to bytes.
VIFI_AVX2_INLINE void store_bytes(const __m256* luma, const float* terms, std::uint8_t* out) {
  __m256i part[4];
  for (int i = 0; i < 4; ++i) {
    part[i] = _mm256_cvttps_epi32(_mm256_add_ps(luma[i], _mm256_loadu_ps(terms + 8 * i)));
  }
  const __m256i packed =
      _mm256_packus_epi16(_mm256_packs_epi32(part[0], part[1]), _mm256_packs_epi32(part[2], part[3]));
  const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), _mm256_permutevar8x32_epi32(packed, order));
}

template <typename Load>
VIFI_AVX2_INLINE void luma_blocks(int blocks, float scale, ChromaTerms terms, RgbRow out, const Load& load) {
  for (int x = 0; x < 32 * blocks; x += 32) {
    __m256 luma[4];
    for (int i = 0; i < 4; ++i) {
      luma[i] = _mm256_mul_ps(_mm256_cvtepi32_ps(load(x + 8 * i)), _mm256_set1_ps(scale));
    }
    store_bytes(luma, terms.red + x, out.red + x);
    store_bytes(luma, terms.green + x, out.green + x);
    store_bytes(luma, terms.blue + x, out.blue + x);
  }
}

RgbRow advanced(RgbRow row, int by) { return {row.red + by, row.green + by, row.blue + by}; }

VIFI_AVX2 void luma8(const std::uint8_t* y, int step, int width, float luma, ChromaTerms terms, RgbRow out) {
  int blocks = width / 32;
  if (step == 1) {
    luma_blocks(blocks, luma, terms, out, Luma8{y});
  } else {
    blocks = (width - 1) / 32;  // a block reads a byte beyond its samples
    luma_blocks(blocks, luma, terms, out, EveryOtherLuma8{y});
  }
  const int done = 32 * blocks;
  plain_kernels().luma8(y + done * step, step, width - done, luma, advanced(terms, done), advanced(out, done));
}

VIFI_AVX2 void luma16(const std::uint8_t* y, int shift, int width, float luma, ChromaTerms terms, RgbRow out) {
  const int blocks = width / 32;
  luma_blocks(blocks, luma, terms, out, Luma16{y, shift});
  const int done = 32 * blocks;
  plain_kernels().luma16(y + 2 * done, shift, width - done, luma, advanced(terms, done), advanced(out, done));
}

// -------------------------------------------------------------------------------------------------------- rule A

VIFI_AVX2 void opencv_rows(const std::int16_t* row0, const std::int16_t* row1, int weight0, int weight1, int width,
                           std::uint8_t* out) {
  const __m256i w0 = _mm256_set1_epi16(static_cast<short>(weight0));
  const __m256i w1 = _mm256_set1_epi16(static_cast<short>(weight1));
  const auto rounded = [&](int x) VIFI_AVX2 {
    const __m256i sum = _mm256_add_epi16(_mm256_mulhi_epi16(load256(row0 + x), w0), _mm256_mulhi_epi16(load256(row1 + x), w1));
    return _mm256_srai_epi16(_mm256_add_epi16(sum, _mm256_set1_epi16(2)), 2);
  };
  int x = 0;
  for (; x + 32 <= width; x += 32) {
    const __m256i packed = _mm256_packus_epi16(rounded(x), rounded(x + 16));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + x), _mm256_permute4x64_epi64(packed, 0xd8));
  }
  plain_kernels().opencv_rows(row0 + x, row1 + x, weight0, weight1, width - x, out + x);
}

// -------------------------------------------------------------------------------------------------------- rule B

/// 22-bit weights exceed what a 16-bit product takes, so they come in two parts: weight = high * 2^15 + low. Sums are
/// exact modulo 2^32, and the whole sum fits.
struct SplitSum {
  __m256i low, high;
  VIFI_AVX2_INLINE __m256i whole() const { return _mm256_add_epi32(_mm256_slli_epi32(high, 15), low); }
};

VIFI_AVX2_INLINE __m256i add_low_half(__m256i sum, __m128i half) {
  return _mm256_add_epi32(sum, _mm256_zextsi128_si256(half));
}

/// Taps of output `i` in whole blocks. The table's row may be much longer than that at the borders, and the samples
/// under the rest of it would lie outside the row buffer.
inline int padded_taps(const ResizeTable& table, std::size_t i) {
  constexpr int block = ResizeTable::kTapBlock;
  return (table.used[i] + block - 1) / block * block;
}

/// Eight partial sums of output `i`.
VIFI_AVX2_INLINE __m256i pillow_sum(const std::uint8_t* source, const ResizeTable& table, std::size_t i) {
  const std::uint8_t* p = source + (table.first[i] - table.source_begin);
  const std::int16_t* low = table.low.data() + i * table.taps;
  const std::int16_t* high = table.high.data() + i * table.taps;
  SplitSum sum{_mm256_setzero_si256(), _mm256_setzero_si256()};
  const int taps = padded_taps(table, i);
  int k = 0;
  for (; k + 16 <= taps; k += 16) {
    const __m256i samples = _mm256_cvtepu8_epi16(load128(p + k));
    sum.low = _mm256_add_epi32(sum.low, _mm256_madd_epi16(samples, load256(low + k)));
    sum.high = _mm256_add_epi32(sum.high, _mm256_madd_epi16(samples, load256(high + k)));
  }
  if (k < taps) {
    const __m128i samples = _mm_cvtepu8_epi16(load64(p + k));
    sum.low = add_low_half(sum.low, _mm_madd_epi16(samples, load128(low + k)));
    sum.high = add_low_half(sum.high, _mm_madd_epi16(samples, load128(high + k)));
  }
  return sum.whole();
}

VIFI_AVX2_INLINE __m128i pillow_round(__m128i sum) {
  return _mm_srai_epi32(_mm_add_epi32(sum, _mm_set1_epi32(1 << 21)), 22);
}

VIFI_AVX2 void pillow_row(const std::uint8_t* source, const ResizeTable& table, std::uint8_t* out) {
  const std::size_t count = table.first.size();
  for (std::size_t i = 0; i < count; i += 4) {
    const std::size_t group = std::min<std::size_t>(4, count - i);
    __m256i sums[4];
    for (std::size_t k = 0; k < 4; ++k) {
      sums[k] = k < group ? pillow_sum(source, table, i + k) : _mm256_setzero_si256();
    }
    const __m256i halves = _mm256_hadd_epi32(_mm256_hadd_epi32(sums[0], sums[1]), _mm256_hadd_epi32(sums[2], sums[3]));
    const __m128i whole =
        pillow_round(_mm_add_epi32(_mm256_castsi256_si128(halves), _mm256_extracti128_si256(halves, 1)));
    const __m128i words = _mm_packs_epi32(whole, whole);
    const int bytes = _mm_cvtsi128_si32(_mm_packus_epi16(words, words));
    std::memcpy(out + i, &bytes, group);
  }
}

VIFI_AVX2_INLINE __m256i weight_pair(const std::int16_t* weights) {
  int pair;
  std::memcpy(&pair, weights, sizeof pair);
  return _mm256_set1_epi32(pair);
}

/// 16 columns from `x` on.
VIFI_AVX2_INLINE __m128i pillow_columns(const std::uint8_t* const* rows, int used, const std::int16_t* low,
                                        const std::int16_t* high, int x) {
  SplitSum left{_mm256_setzero_si256(), _mm256_setzero_si256()};
  SplitSum right = left;
  for (int k = 0; k < used; k += 2) {
    const __m128i row0 = load128(rows[k] + x);
    const __m128i row1 = load128(rows[k + 1 < used ? k + 1 : k] + x);  // its padding weight is 0
    const __m256i l = _mm256_cvtepu8_epi16(_mm_unpacklo_epi8(row0, row1));
    const __m256i r = _mm256_cvtepu8_epi16(_mm_unpackhi_epi8(row0, row1));
    const __m256i low_pair = weight_pair(low + k);
    const __m256i high_pair = weight_pair(high + k);
    left.low = _mm256_add_epi32(left.low, _mm256_madd_epi16(l, low_pair));
    left.high = _mm256_add_epi32(left.high, _mm256_madd_epi16(l, high_pair));
    right.low = _mm256_add_epi32(right.low, _mm256_madd_epi16(r, low_pair));
    right.high = _mm256_add_epi32(right.high, _mm256_madd_epi16(r, high_pair));
  }
  const __m256i half = _mm256_set1_epi32(1 << 21);
  const __m256i a = _mm256_srai_epi32(_mm256_add_epi32(left.whole(), half), 22);
  const __m256i b = _mm256_srai_epi32(_mm256_add_epi32(right.whole(), half), 22);
  const __m256i words = _mm256_permute4x64_epi64(_mm256_packs_epi32(a, b), 0xd8);
  return _mm_packus_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
}

VIFI_AVX2 void pillow_rows(const std::uint8_t* const* rows, const ResizeTable& table, int index, int width,
                           std::uint8_t* out) {
  const std::int16_t* low = table.low.data() + static_cast<std::size_t>(index) * table.taps;
  const std::int16_t* high = table.high.data() + static_cast<std::size_t>(index) * table.taps;
  for (int x = 0; x < width; x += 16) {
    alignas(16) std::uint8_t bytes[16];
    store128(bytes, pillow_columns(rows, table.used[index], low, high, x));
    std::memcpy(out + x, bytes, std::min(16, width - x));
  }
}

// -------------------------------------------------------------------------------------------------------- rule C

VIFI_AVX2_INLINE __m256 float_sum(const std::uint8_t* source, const ResizeTable& table, std::size_t i) {
  const std::uint8_t* p = source + (table.first[i] - table.source_begin);
  const float* weights = table.real.data() + i * table.taps;
  __m256 sum = _mm256_setzero_ps();
  for (int k = 0, taps = padded_taps(table, i); k < taps; k += 8) {
    sum = _mm256_fmadd_ps(bytes_to_float(load64(p + k)), _mm256_loadu_ps(weights + k), sum);
  }
  return sum;
}

VIFI_AVX2 void float_row(const std::uint8_t* source, const ResizeTable& table, float* out) {
  const std::size_t count = table.first.size();
  for (std::size_t i = 0; i < count; i += 4) {
    const std::size_t group = std::min<std::size_t>(4, count - i);
    __m256 sums[4];
    for (std::size_t k = 0; k < 4; ++k) {
      sums[k] = k < group ? float_sum(source, table, i + k) : _mm256_setzero_ps();
    }
    const __m256 halves = _mm256_hadd_ps(_mm256_hadd_ps(sums[0], sums[1]), _mm256_hadd_ps(sums[2], sums[3]));
    float whole[4];
    _mm_storeu_ps(whole, _mm_add_ps(_mm256_castps256_ps128(halves), _mm256_extractf128_ps(halves, 1)));
    std::memcpy(out + i, whole, group * sizeof(float));
  }
}

VIFI_AVX2 void float_rows(const float* const* rows, const ResizeTable& table, int index, int width, float* out) {
  const float* weights = table.real.data() + static_cast<std::size_t>(index) * table.taps;
  for (int x = 0; x < width; x += 8) {
    __m256 sum = _mm256_setzero_ps();
    for (int k = 0; k < table.used[index]; ++k) {
      sum = _mm256_fmadd_ps(_mm256_loadu_ps(rows[k] + x), _mm256_set1_ps(weights[k]), sum);
    }
    float values[8];
    _mm256_storeu_ps(values, sum);
    std::memcpy(out + x, values, std::min(8, width - x) * sizeof(float));
  }
}

}  // namespace

const Kernels* avx2_kernels() {
  static const Kernels kernels{"avx2",     split_rgb,   transpose16,
                               chroma8,    chroma16,
                               luma8,      luma16,
                               plain_kernels().opencv_row,  // gathers two samples an output: memory-bound
                               opencv_rows, pillow_row,
                               pillow_rows, float_row,
                               float_rows};
  static const bool runs = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  return runs ? &kernels : nullptr;
}

}  // namespace vifi

#else

namespace vifi {

const Kernels* avx2_kernels() { return nullptr; }

}  // namespace vifi

#endif
