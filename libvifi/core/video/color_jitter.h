#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "vifi/export.h"

namespace vifi {

enum class JitterStep { brightness, contrast, saturation, hue };

/// One frame's colour augmentation with every choice given (torchvision's ColorJitter on Pillow images).
struct VIFI_API ColorJitter {
  std::array<JitterStep, 4> order{JitterStep::brightness, JitterStep::contrast, JitterStep::saturation,
                                  JitterStep::hue};
  float brightness = 1;  ///< factors; 1 changes nothing
  float contrast = 1;
  float saturation = 1;
  double hue = 0;        ///< part of a full turn, -0.5..0.5; the way through HSV changes pixels even at 0

  /// @param planes  [3, N] 8-bit RGB, changed in place
  void apply(std::span<std::uint8_t> planes) const;
};

/// Luma in all three channels. @param planes  [3, N] 8-bit RGB, changed in place
VIFI_API void make_gray(std::span<std::uint8_t> planes);

}  // namespace vifi
