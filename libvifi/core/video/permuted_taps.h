#pragma once

#include <cstdint>
#include <vector>

namespace vifi {

struct ResizeTable;

/// Weights of rule B's pass along a row, laid out for a machine that gathers bytes from 128 and sums products of four:
/// groups of 16 outputs, whose samples lie within 128 bytes, and in each group quads of four taps of every output.
struct PermutedTaps {
  static constexpr int kOutputs = 16;
  static constexpr int kWindow = 128;

  /// One quad: byte 4*i + k belongs to output i's tap 4*quad + k. weight = low + 256 * middle + 65536 * high.
  struct alignas(64) Quad {
    std::uint8_t sample[64];  ///< place in the window
    std::int8_t low[64], middle[64], high[64];
  };
  struct Group {
    int begin = 0;      ///< source sample of the window's first byte
    int available = 0;  ///< source samples from there on that the table needs, at most kWindow
  };

  int quads = 0;              ///< of each group; 0: the samples of some group lie too far apart
  std::vector<Group> groups;  ///< [outputs / 16, rounded up]
  std::vector<Quad> taps;     ///< [groups, quads]
};

/// @param table  of rule B, along a row
PermutedTaps permuted_taps(const ResizeTable& table);

}  // namespace vifi
