#include "video/upright_rows.h"

#include <algorithm>

namespace vifi {
namespace {

constexpr int kBandRows = 16;

struct Turn {
  bool transpose, mirror_x, mirror_y;
};

// What leads from the stored to the upright picture: rows and columns exchanged, then mirrored.
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

}  // namespace

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

void UprightRows::read(int y, RgbRow out) {
  const int length = end_ - begin_;
  if (!transpose_) {
    const int row = mirror_y_ ? height_ - 1 - y : y;
    if (!mirror_x_) {
      reader_.read(row, begin_, end_, out);
      return;
    }
    reader_.read(row, width_ - end_, width_ - begin_, out);
    for (std::uint8_t* plane : {out.red, out.green, out.blue}) {
      std::reverse(plane, plane + length);
    }
    return;
  }

  const int column = mirror_y_ ? width_ - 1 - y : y;
  if (column < strip_begin_ || column >= strip_end_) {
    read_strip(column / kStripColumns * kStripColumns);
  }
  const std::uint8_t* source = strip_.data() + static_cast<std::size_t>(column - strip_begin_) * length;
  const std::size_t plane_size = static_cast<std::size_t>(kStripColumns) * length;
  for (std::uint8_t* plane : {out.red, out.green, out.blue}) {
    std::copy_n(source, length, plane);
    if (mirror_x_) {
      std::reverse(plane, plane + length);
    }
    source += plane_size;
  }
}

void UprightRows::read_strip(int first_column) {
  const int length = end_ - begin_;
  const int first_row = mirror_x_ ? height_ - end_ : begin_;
  const std::size_t plane_size = static_cast<std::size_t>(kStripColumns) * length;
  constexpr int band_size = kBandRows * kStripColumns;
  strip_begin_ = first_column;
  strip_end_ = std::min(first_column + kStripColumns, width_);
  strip_.resize(3 * plane_size);
  band_.resize(3 * band_size + kRowSlack);

  const int columns = strip_end_ - strip_begin_;
  for (int done = 0; done < length; done += kBandRows) {
    const int rows = std::min(kBandRows, length - done);
    for (int row = 0; row < rows; ++row) {
      std::uint8_t* red = band_.data() + row * kStripColumns;
      reader_.read(first_row + done + row, strip_begin_, strip_end_, {red, red + band_size, red + 2 * band_size});
    }
    for (int plane = 0; plane < 3; ++plane) {
      const std::uint8_t* band = band_.data() + plane * band_size;
      std::uint8_t* strip = strip_.data() + plane * plane_size + done;
      for (int column = 0; column < columns; ++column) {
        for (int row = 0; row < rows; ++row) {
          strip[static_cast<std::size_t>(column) * length + row] = band[row * kStripColumns + column];
        }
      }
    }
  }
}

}  // namespace vifi
