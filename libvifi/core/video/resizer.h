#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "vifi/export.h"
#include "vifi/frame.h"
#include "video/geometry.h"
#include "video/kernels.h"
#include "video/resize_table.h"
#include "video/upright_rows.h"

namespace vifi {

/// Which pixels of which resize are wanted.
struct ResizePlan {
  ResizeRule rule = ResizeRule::pillow_bicubic;
  Size source;  ///< upright picture, stored pixels
  Size target;  ///< what the whole picture becomes
  Box window;   ///< the part of `target` that is computed

  bool operator==(const ResizePlan&) const = default;
};

/// Upright size of a picture in its own pixels.
VIFI_API Size upright_size(const FrameView& frame);

/// Resizes pictures of any pixel format, row by row: only rows and columns that the window needs are read, and no
/// more rows are kept than one output row needs. Keeps the tables of its last plan. One thread at a time.
class VIFI_API Resizer {
 public:
  explicit Resizer(const Kernels& kernels = best_kernels()) : kernels_(&kernels), rows_(kernels) {}

  /// Rules A and B. @param out  [3, window height, window width], red first
  void resize(const FrameView& frame, const ResizePlan& plan, std::span<std::uint8_t> out);

  /// Rule C. @param out  [3, window height, window width], on the 0..255 scale
  void resize(const FrameView& frame, const ResizePlan& plan, std::span<float> out);

 private:
  void open(const FrameView& frame, const ResizePlan& plan, std::size_t out_size);
  template <typename Middle, typename Along, typename Over>
  void run(std::vector<Middle>& ring, Along along, Over over);

  const Kernels* kernels_;
  UprightRows rows_;
  ResizePlan plan_;
  ResizeTable along_;  // pass along a row
  ResizeTable over_;   // pass over rows
  // The newest rows after the first pass, [capacity, 3, window width] each.
  std::vector<std::int16_t> opencv_ring_;
  std::vector<std::uint8_t> pillow_ring_;
  std::vector<float> float_ring_;
};

}  // namespace vifi
