#include "video/upright_rows.h"

#include <algorithm>

namespace vifi {
namespace {

constexpr int kBandRows = 16;  // what Kernels::transpose16 takes

}  // namespace

Turn turn_of(Orientation orientation) {
  switch (orientation) {
    case Orientation::rotate_0: return {false, false, false};
    case Orientation::rotate_90: return {true, true, false};
    case Orientation::rotate_180: return {false, true, true};
    case Orientation::rotate_270: return {true, false, true};
    case Orientation::flip_rotate_0: return {false, true, false};
    case Orientation::flip_rotate_90: return {true, true, true};
    case Orientation::flip_rotate_180: return {false, false, true};
    case Orientation::flip_rotate_270: return {true, false, false};
  }
  return {false, false, false};
}

bool UprightRows::turns(Orientation orientation) { return turn_of(orientation).transpose; }

void UprightRows::open(const FrameView& frame, int begin, int end) {
  reader_.open(frame);
  width_ = frame.width;
  height_ = frame.height;
  begin_ = begin;
  end_ = end;
  const Turn turn = turn_of(frame.orientation);
  transpose_ = turn.transpose;
  mirror_x_ = turn.mirror_x;
  mirror_y_ = turn.mirror_y;
  strip_begin_ = strip_end_ = 0;
}

RgbRow UprightRows::read(int y) {
  const int length = end_ - begin_;
  if (transpose_) {
    const int column = mirror_y_ ? width_ - 1 - y : y;
    if (column < strip_begin_ || column >= strip_end_) {
      read_strip(column / kStripColumns * kStripColumns);
    }
    const std::size_t plane_size = static_cast<std::size_t>(kStripColumns) * length;
    std::uint8_t* row = strip_.data() + static_cast<std::size_t>(column - strip_begin_) * length;
    return {row, row + plane_size, row + 2 * plane_size};
  }

  const std::size_t size = static_cast<std::size_t>(length) + kRowSlack;
  row_.resize(3 * size);
  const RgbRow row{row_.data(), row_.data() + size, row_.data() + 2 * size};
  const int stored = mirror_y_ ? height_ - 1 - y : y;
  if (!mirror_x_) {
    reader_.read(stored, begin_, end_, row);
    return row;
  }
  reader_.read(stored, width_ - end_, width_ - begin_, row);
  for (std::uint8_t* plane : {row.red, row.green, row.blue}) {
    std::reverse(plane, plane + length);
  }
  return row;
}

void UprightRows::read_strip(int first_column) {
  const int length = end_ - begin_;
  const int first_row = mirror_x_ ? height_ - end_ : begin_;
  const std::size_t plane_size = static_cast<std::size_t>(kStripColumns) * length;
  constexpr int kBandSize = kBandRows * kStripColumns;
  strip_begin_ = first_column;
  strip_end_ = std::min(first_column + kStripColumns, width_);
  strip_.resize(3 * plane_size + kRowSlack);
  band_.resize(3 * kBandSize);

  for (int done = 0; done < length; done += kBandRows) {
    const int rows = std::min(kBandRows, length - done);
    for (int row = 0; row < rows; ++row) {
      std::uint8_t* red = band_.data() + row * kStripColumns;
      reader_.read(first_row + done + row, strip_begin_, strip_end_, {red, red + kBandSize, red + 2 * kBandSize});
    }
    for (int plane = 0; plane < 3; ++plane) {
      transpose_band(band_.data() + plane * kBandSize, rows, strip_.data() + plane * plane_size,
                     mirror_x_ ? length - done - rows : done);
    }
  }
}

/// Writes a band's columns to the strip's rows, from position `at` on.
void UprightRows::transpose_band(const std::uint8_t* band, int rows, std::uint8_t* strip, int at) {
  const int length = end_ - begin_;
  const std::ptrdiff_t step = mirror_x_ ? -kStripColumns : kStripColumns;
  const std::uint8_t* first = mirror_x_ ? band + (rows - 1) * kStripColumns : band;
  for (int column = 0; column < kStripColumns; column += kBandRows) {
    std::uint8_t* out = strip + static_cast<std::ptrdiff_t>(column) * length + at;
    if (rows == kBandRows) {
      kernels_->transpose16(first + column, step, out, length);
      continue;
    }
    for (int x = 0; x < kBandRows; ++x) {
      for (int row = 0; row < rows; ++row) {
        out[static_cast<std::ptrdiff_t>(x) * length + row] = first[row * step + column + x];
      }
    }
  }
}

}  // namespace vifi
