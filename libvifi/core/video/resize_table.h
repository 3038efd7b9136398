#pragma once

#include <cstdint>
#include <vector>

#include "video/permuted_taps.h"

namespace vifi {

/// Whose arithmetic a resize follows (docs/preprocessing.md).
enum class ResizeRule {
  opencv_bilinear,     ///< A: two taps, 11-bit weights
  pillow_bicubic,      ///< B: antialiased, 22-bit weights, rounded to 8 bits after each pass
  pillow_bilinear,     ///< B with the triangle for the cubic
  antialias_bilinear,  ///< C: antialiased, floating point, never rounded
};

/// Rule B with either filter: Pillow's arithmetic.
constexpr bool is_pillow(ResizeRule rule) {
  return rule == ResizeRule::pillow_bicubic || rule == ResizeRule::pillow_bilinear;
}

/// Which part of an axis is wanted: outputs [begin, begin + count) of `source` samples resized to `target`.
struct Axis {
  int source = 0;
  int target = 0;
  int begin = 0;
  int count = 0;

  bool operator==(const Axis&) const = default;
};

/// Taps of one pass over one axis. Output i is a weighted sum of `taps` neighbouring source samples from
/// `first[i]` on; rows of weights are padded with zeros to whole blocks of kTapBlock.
struct ResizeTable {
  static constexpr int kTapBlock = 8;

  int source_begin = 0;  ///< source samples that are needed at all: [source_begin, source_end)
  int source_end = 0;
  int taps = 0;          ///< row length of the weights, padded
  std::vector<int> first;             ///< [count], absolute source index
  std::vector<int> used;              ///< [count], taps before the padding; their samples lie in the source
  std::vector<std::int16_t> low;      ///< [count, taps], B: low 15 bits of the weight (A: the weight itself)
  std::vector<std::int16_t> high;     ///< [count, taps], B: weight >> 15
  std::vector<float> real;            ///< [count, taps], C
  PermutedTaps permuted;              ///< B along a row: the same weights for AVX-512

  std::int32_t fixed(std::size_t index) const { return high[index] * 32768 + low[index]; }
};

/// Tables for the pass along a row. Rule A clamps at the borders and drops the fraction there.
ResizeTable horizontal_table(ResizeRule rule, const Axis& axis);

/// Tables for the pass over rows. Rule A keeps the fraction and clamps the two row numbers instead, so `first` may
/// be the row before the first, or the second row one after the last: clamp to [0, source).
ResizeTable vertical_table(ResizeRule rule, const Axis& axis);

}  // namespace vifi
