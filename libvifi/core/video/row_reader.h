#pragma once

#include <cstdint>
#include <vector>

#include "vifi/frame.h"
#include "video/color_matrix.h"
#include "video/kernels.h"
#include "video/pixel_layout.h"

namespace vifi {

/// @throws Error(invalid_argument) for impossible sizes, strides or planes
void check_layout(const FrameView& frame);
/// The same, and @throws Error(unsupported) for device memory
void check_frame(const FrameView& frame);

/// Reads rows of a picture as planar RGB, rounded to 8 bits, as it lies in memory (orientation plays no part).
/// Chroma is replicated, not interpolated; alpha is ignored. Formats of 10 bits are converted at full precision.
/// RGB formats are taken as they are: their matrix and range are ignored. One thread at a time.
class RowReader {
 public:
  explicit RowReader(const Kernels& kernels) : kernels_(&kernels) {}

  /// Borrows the picture until the next `open`.
  /// @throws what check_frame throws; Error(unsupported) for unknown luma weights
  void open(const FrameView& frame);

  /// Columns [begin, end) of row `y`, a part of the picture that is not empty.
  void read(int y, int begin, int end, RgbRow out);

 private:
  void read_chroma(int chroma_row, int begin, int end);

  const Kernels* kernels_;
  FrameView frame_;
  const PixelLayout* layout_ = nullptr;
  YuvToRgb color_;
  std::vector<float> terms_;  // of chroma row chroma_row_, from column chroma_begin_ on: red, green, blue
  int chroma_row_ = -1;
  int chroma_begin_ = 0;
  int chroma_end_ = 0;
};

}  // namespace vifi
