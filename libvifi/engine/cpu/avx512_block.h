#pragma once

// Products of float32 with AVX-512, a block of a few rows at a time; include it before anything that includes ATen.

#include <array>
#include <utility>

#include "cpu/avx512.h"

#if defined(__x86_64__)

namespace vifi::avx512 {

inline constexpr std::int64_t kPanel = 32;          // columns that lie beside each other in memory
inline constexpr std::int64_t kLineValues = 16;     // of a cache line
inline constexpr std::int64_t kMostBlockRows = 14;  // with 32 columns: more sums would leave no registers for what is multiplied

/// Rows of `a` times a panel, into, or added to, rows of `c`.
struct Block {
  const float* a;
  std::int64_t a_step;            // between rows
  const float* panel;             // [depth, 32]
  std::int64_t depth;             // values of a row, rows of the panel
  float* c;
  std::int64_t c_step;
  const float* begin;             // [32], what the sums begin with; null: with what `c` holds
  const float* coming = nullptr;  // what a later call reads
  std::int64_t fetched = 0;       // cache lines of it, at most `depth`
};

/// @tparam halves  2, or 1 for the first 16 columns alone
template <int rows, int halves>
VIFI_AVX512 void multiply(const Block& block) {
  const Block of = block;
  // Evenly, since a burst of them would leave no room for what the sums wait for.
  const std::int64_t fetch_step = of.fetched > 0 ? of.depth / of.fetched : 0, fetch_end = fetch_step * of.fetched;
  std::int64_t fetch_at = 0;
  const float* coming = of.coming;
  __m512 sums[rows][halves];
  VIFI_UNROLL
  for (int row = 0; row < rows; ++row) {
    VIFI_UNROLL
    for (int half = 0; half < halves; ++half) {
      sums[row][half] = _mm512_loadu_ps((of.begin != nullptr ? of.begin : of.c + row * of.c_step) + 16 * half);
    }
  }
  for (std::int64_t k = 0; k < of.depth; ++k) {
    __m512 columns[halves];
    VIFI_UNROLL
    for (int half = 0; half < halves; ++half) {
      columns[half] = _mm512_loadu_ps(of.panel + k * kPanel + 16 * half);
    }
    if (k == fetch_at && k < fetch_end) {
      _mm_prefetch(reinterpret_cast<const char*>(coming), _MM_HINT_T1);
      coming += kLineValues;
      fetch_at += fetch_step;
    }
    VIFI_UNROLL
    for (int row = 0; row < rows; ++row) {
      const __m512 value = _mm512_set1_ps(of.a[row * of.a_step + k]);
      VIFI_UNROLL
      for (int half = 0; half < halves; ++half) {
        sums[row][half] = _mm512_fmadd_ps(value, columns[half], sums[row][half]);
      }
    }
  }
  VIFI_UNROLL
  for (int row = 0; row < rows; ++row) {
    VIFI_UNROLL
    for (int half = 0; half < halves; ++half) {
      _mm512_storeu_ps(of.c + row * of.c_step + 16 * half, sums[row][half]);
    }
  }
}

using Multiplier = void (*)(const Block&);

/// For 1 to kMostBlockRows rows, and a whole panel or its first 16 columns.
inline Multiplier multiplier(std::int64_t rows, bool whole) {
  static constexpr auto of = []<int halves, int... less>(std::integer_sequence<int, less...>) {
    return std::array<Multiplier, kMostBlockRows>{multiply<less + 1, halves>...};
  };
  using Rows = std::make_integer_sequence<int, kMostBlockRows>;
  static constexpr auto wholes = of.operator()<2>(Rows()), halves = of.operator()<1>(Rows());
  return (whole ? wholes : halves)[static_cast<std::size_t>(rows - 1)];
}

/// Rows in blocks of about the same size.
struct RowBlocks {
  std::int64_t rows;
  std::int64_t count = (rows + kMostBlockRows - 1) / kMostBlockRows;
  std::int64_t first(std::int64_t block) const { return rows * block / count; }
};

}  // namespace vifi::avx512

#endif
