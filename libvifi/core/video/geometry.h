#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "vifi/export.h"
#include "vifi/frame.h"
#include "vifi/preprocess.h"

namespace vifi {

struct Size {
  int width = 0;
  int height = 0;

  bool operator==(const Size&) const = default;
};

/// Pixels [x1, x2) x [y1, y2).
struct Box {
  int x1 = 0, y1 = 0, x2 = 0, y2 = 0;

  int width() const { return x2 - x1; }
  int height() const { return y2 - y1; }
  bool operator==(const Box&) const = default;
};

/// Short side before a crop of `input_size` pixels in the reference's protocol: trunc(256/224 * S).
VIFI_API int scaled_short_side(int input_size);

/// Both sides times short / min(w, h), rounded half up (mmcv's rescale_size).
/// @throws Error(invalid_argument) if a side would exceed what can be resized
VIFI_API Size rescaled_size(Size size, int short_side);

/// Short side exactly `short_side`, the long one cut off to whole pixels (torchvision's Resize).
/// @throws Error(invalid_argument) if a side would exceed what can be resized
VIFI_API Size short_side_size(Size size, int short_side);

/// The stored size after the pixel aspect ratio made its pixels square (width scaled, rounded, at least 1) and the
/// orientation was applied. @throws Error(invalid_argument) for a pixel aspect ratio that is not positive
VIFI_API Size display_size(const FrameView& frame, bool honour_pixel_aspect);

/// The middle `side` x `side` pixels. @throws Error(invalid_argument) if they do not fit
VIFI_API Box center_crop(Size size, int side, CropOffset offset);

/// First, last and middle `side` x `side` pixels along the longer side; the shorter one equals `side`. With an odd
/// difference the last crop does not touch the border (mmaction's ThreeCrop).
/// @throws Error(invalid_argument) if they do not fit
VIFI_API std::array<Box, 3> three_crops(Size size, int side);

/// Crops of training (mmaction's MultiScaleCrop): a size and one of five places, each picked by a number drawn before.
struct VIFI_API MultiScaleCrop {
  std::vector<double> scales{1, 0.875, 0.75, 0.66};  ///< of the short side
  int max_gap = 1;  ///< largest distance in `scales` between a crop's width and height

  static constexpr std::size_t kOffsets = 5;
  /// Pairs of width and height to pick from.
  std::size_t size_count() const;

  /// A side less than 3 pixels away from `input_size` becomes `input_size`.
  /// @param size_draw    in [0, size_count())
  /// @param offset_draw  in [0, kOffsets): top left, top right, bottom left, bottom right, middle, in quarters rounded down
  /// @throws Error(invalid_argument) for a draw out of bounds
  Box box(Size size, int input_size, std::size_t size_draw, std::size_t offset_draw) const;
};

/// Is a training clip mirrored horizontally? @param draw  uniform in [0, 1)
inline bool flips(double draw, double ratio) { return draw < ratio; }

/// One of the clips of a video, cropped in one place.
struct View {
  int clip = 0;
  int crop = 0;
};

/// Order of the views of a video: all clips of the first crop come first.
VIFI_API std::vector<View> views_of(int clips, int crops);

}  // namespace vifi
