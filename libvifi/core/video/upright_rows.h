#pragma once

#include <cstdint>
#include <vector>

#include "vifi/frame.h"
#include "video/row_reader.h"

namespace vifi {

/// What leads from the stored to the upright picture: rows and columns exchanged, then mirrored.
struct Turn {
  bool transpose, mirror_x, mirror_y;
};
Turn turn_of(Orientation orientation);

/// Rows of a picture after its orientation was applied. A turn by 90 degrees gathers strips of columns, so that no
/// copy of the whole picture is made. One thread at a time.
class UprightRows {
 public:
  explicit UprightRows(const Kernels& kernels) : kernels_(&kernels), reader_(kernels) {}

  /// Borrows the picture until the next `open`. Every `read` until then wants the columns [begin, end) of the
  /// upright picture. @throws what RowReader::open throws
  void open(const FrameView& frame, int begin, int end);

  /// Row `y` of the upright picture, with kRowSlack behind it; valid until the next call. Cheapest in rising order.
  RgbRow read(int y);

  /// Does the orientation exchange width and height?
  static bool turns(Orientation orientation);

 private:
  static constexpr int kStripColumns = 64;

  void read_strip(int first_column);
  void transpose_band(const std::uint8_t* band, int rows, std::uint8_t* strip, int at);

  const Kernels* kernels_;
  RowReader reader_;
  int width_ = 0;   // as stored
  int height_ = 0;
  int begin_ = 0;
  int end_ = 0;
  bool transpose_ = false;
  bool mirror_x_ = false;  // in the upright picture
  bool mirror_y_ = false;
  int strip_begin_ = 0;    // stored columns that strip_ holds
  int strip_end_ = 0;
  std::vector<std::uint8_t> row_;    // [3, end - begin + kRowSlack]
  std::vector<std::uint8_t> strip_;  // [3, kStripColumns, end - begin]: rows of the upright picture
  std::vector<std::uint8_t> band_;   // [3, rows of a band, kStripColumns]
};

}  // namespace vifi
