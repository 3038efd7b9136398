#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "vifi/export.h"

namespace vifi {

/// (x/255 - mean) / std per channel. Immutable.
class VIFI_API Normaliser {
 public:
  /// @param mean, std  of pixels scaled to 0..1
  Normaliser(const std::array<float, 3>& mean, const std::array<float, 3>& std);

  /// @param pixels  [3, N] 8-bit
  /// @param out     [3, N]
  void apply(std::span<const std::uint8_t> pixels, std::span<float> out) const;

  /// @param pixels  [3, N] on the 0..255 scale, changed in place
  void apply(std::span<float> pixels) const;

 private:
  std::array<float, 3> factor_;
  std::array<float, 3> offset_;
  std::array<std::array<float, 256>, 3> table_;
};

}  // namespace vifi
