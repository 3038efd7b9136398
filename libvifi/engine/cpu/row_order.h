#pragma once

#include <array>
#include <cstdint>

namespace vifi {

/// How the rows of a matrix [R, W] lie in memory: one after another; or in squares of 32 rows by 32 columns,
/// [ceil(R / 32), W / 32, 32, 32], in which AMX reads them. What lies behind the last row is no value.
enum class RowOrder { rows, tiles };

/// Where the values of a matrix lie. The width is a multiple of 32 where they lie in tiles.
struct RowLayout {
  static constexpr std::int64_t kSide = 32;

  std::int64_t width;
  RowOrder order;

  std::array<std::int64_t, 4> tile_sizes(std::int64_t rows) const {
    return {(rows + kSide - 1) / kSide, width / kSide, kSide, kSide};
  }
  /// Between two columns that are 32 apart.
  std::int64_t column_step() const { return order == RowOrder::tiles ? kSide * kSide : kSide; }
  /// Between two rows of the same 32.
  std::int64_t row_step() const { return order == RowOrder::tiles ? kSide : width; }
  std::int64_t offset(std::int64_t row, std::int64_t column) const {
    return row / kSide * kSide * width + row % kSide * row_step() + column / kSide * column_step() + column % kSide;
  }
};

}  // namespace vifi
