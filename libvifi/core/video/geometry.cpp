#include "video/geometry.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "vifi/error.h"
#include "video/upright_rows.h"

namespace vifi {
namespace {

constexpr double kLargestTarget = 1 << 24;  // fractions of a pixel stay exact in the tables' arithmetic

Size checked(double width, double height, Size from) {
  if (!(width >= 1 && height >= 1 && width <= kLargestTarget && height <= kLargestTarget)) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("[prepare] a picture shown as {} x {} pixels would become {:.0f} x {:.0f}: expected 1 to {:.0f}",
                            from.width, from.height, width, height, kLargestTarget),
                "check the frame's size and pixel aspect ratio");
  }
  return {static_cast<int>(width), static_cast<int>(height)};
}

// Half of a non-negative number of pixels, to the even one of two equally near.
int half_to_even(int pixels) {
  const int half = pixels / 2;
  return half + ((pixels % 2 == 1 && half % 2 == 1) ? 1 : 0);
}

}  // namespace

int scaled_short_side(int input_size) { return static_cast<int>(256.0 / 224.0 * input_size); }

Size rescaled_size(Size size, int short_side) {
  const double factor = static_cast<double>(short_side) / std::min(size.width, size.height);
  return checked(std::floor(size.width * factor + 0.5), std::floor(size.height * factor + 0.5), size);
}

Size short_side_size(Size size, int short_side) {
  const std::int64_t shorter = std::min(size.width, size.height);
  const std::int64_t longer = std::max(size.width, size.height);
  const auto long_side = static_cast<double>(short_side * longer / shorter);
  return size.width <= size.height ? checked(short_side, long_side, size) : checked(long_side, short_side, size);
}

Size display_size(const FrameView& frame, bool honour_pixel_aspect) {
  Size size{frame.width, frame.height};
  if (honour_pixel_aspect && frame.par_n != frame.par_d) {
    if (frame.par_n <= 0 || frame.par_d <= 0) {
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("[prepare] pixel aspect ratio {}/{}: both must be positive", frame.par_n, frame.par_d));
    }
    const double width = std::floor(static_cast<double>(size.width) * frame.par_n / frame.par_d + 0.5);
    size = checked(std::max(width, 1.0), size.height, size);
  }
  if (UprightRows::turns(frame.orientation)) {
    std::swap(size.width, size.height);
  }
  return size;
}

Box center_crop(Size size, int side, CropOffset offset) {
  if (side <= 0 || side > size.width || side > size.height) {
    throw Error(ErrorCode::invalid_argument, fmt::format("[prepare] a crop of {} x {} pixels from {} x {}: it must fit",
                                                         side, side, size.width, size.height));
  }
  const auto start = [&](int length) {
    return offset == CropOffset::floor ? (length - side) / 2 : half_to_even(length - side);
  };
  const int x = start(size.width);
  const int y = start(size.height);
  return {x, y, x + side, y + side};
}

std::array<Box, 3> three_crops(Size size, int side) {
  if (side <= 0 || std::min(size.width, size.height) != side) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("[prepare] three crops of {} x {} pixels from {} x {}: the short side must be {}", side, side,
                            size.width, size.height, side));
  }
  const int step = (std::max(size.width, size.height) - side) / 2;
  std::array<Box, 3> boxes;
  const std::array<int, 3> offsets{0, 2 * step, step};
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    const int x = size.width > size.height ? offsets[i] : 0;
    const int y = size.width > size.height ? 0 : offsets[i];
    boxes[i] = {x, y, x + side, y + side};
  }
  return boxes;
}

std::size_t MultiScaleCrop::size_count() const {
  std::size_t count = 0;
  const int last = static_cast<int>(scales.size()) - 1;
  for (int i = 0; i <= last; ++i) {
    count += std::min(i + max_gap, last) - std::max(i - max_gap, 0) + 1;
  }
  return count;
}

Box MultiScaleCrop::box(Size size, int input_size, std::size_t size_draw, std::size_t offset_draw) const {
  std::vector<Size> sizes;
  const int base = std::min(size.width, size.height);
  const auto side = [&](std::size_t index) {
    const int scaled = static_cast<int>(base * scales[index]);
    return std::abs(scaled - input_size) < 3 ? input_size : scaled;
  };
  for (std::size_t i = 0; i < scales.size(); ++i) {
    for (std::size_t j = 0; j < scales.size(); ++j) {
      if (std::abs(static_cast<int>(i) - static_cast<int>(j)) <= max_gap) {
        sizes.push_back({side(j), side(i)});
      }
    }
  }
  if (size_draw >= sizes.size() || offset_draw >= kOffsets) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("[multi-scale crop] draws {} and {}: expected less than {} and {}", size_draw, offset_draw,
                            sizes.size(), kOffsets));
  }
  const Size crop = sizes[size_draw];
  const int step_x = (size.width - crop.width) / 4;
  const int step_y = (size.height - crop.height) / 4;
  constexpr std::array<std::array<int, 2>, kOffsets> quarters{{{0, 0}, {4, 0}, {0, 4}, {4, 4}, {2, 2}}};
  const int x = quarters[offset_draw][0] * step_x;
  const int y = quarters[offset_draw][1] * step_y;
  return {x, y, x + crop.width, y + crop.height};
}

std::vector<View> views_of(int clips, int crops) {
  std::vector<View> views;
  for (int crop = 0; crop < crops; ++crop) {
    for (int clip = 0; clip < clips; ++clip) {
      views.push_back({clip, crop});
    }
  }
  return views;
}

}  // namespace vifi
