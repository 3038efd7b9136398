#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "vifi/export.h"
#include "video/color_jitter.h"
#include "video/geometry.h"
#include "video/resizer.h"

namespace vifi {

/// The random choices for one training clip, made elsewhere.
struct ClipDraws {
  std::size_t size_draw = 0;    ///< MultiScaleCrop's
  std::size_t offset_draw = 0;
  bool flip = false;
  bool gray = false;
  std::vector<ColorJitter> jitter;  ///< one a frame, or none
};

/// What ViFi-CLIP's training does to a frame before normalisation: short side to 256/224 of the input size, multi-scale
/// crop, resize to the square (both by rule A), flip, colour jitter, gray. One thread at a time.
class VIFI_API ClipAugmentation {
 public:
  explicit ClipAugmentation(int size, MultiScaleCrop crop = {}) : size_(size), crop_(std::move(crop)) {}

  /// @param index  of the frame in its clip: which jitter it gets
  /// @param out    [3, S, S] 8-bit RGB
  /// @throws Error(invalid_argument) for draws out of bounds
  void apply(const FrameView& frame, const ClipDraws& draws, std::size_t index, std::span<std::uint8_t> out);

 private:
  int size_;
  MultiScaleCrop crop_;
  Resizer to_crop_;
  Resizer to_square_;
  std::vector<std::uint8_t> planes_;  // [3, h, w] of the crop
  std::vector<std::uint8_t> pixels_;  // [h, w, 3]
};

/// Mirrors every row. @param planes  rows of `width` samples
VIFI_API void mirror_rows(std::span<std::uint8_t> planes, int width);

}  // namespace vifi
