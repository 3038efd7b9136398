#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/full.h>

#include "cpu/row_order.h"

namespace vifi {

/// Rows in the order of RowOrder::tiles, by ATen; behind the last row stands 1000, which is no value. @param x  [R, W]
inline at::Tensor in_tiles(const at::Tensor& x) {
  constexpr std::int64_t side = RowLayout::kSide;
  const std::int64_t blocks = (x.size(0) + side - 1) / side;
  const at::Tensor padded = at::full({blocks * side, x.size(1)}, 1000, x.options());
  padded.narrow(0, 0, x.size(0)).copy_(x);
  return padded.view({blocks, side, x.size(1) / side, side}).transpose(1, 2).contiguous();
}

/// The other way round. @param tiles  [blocks, W / 32, 32, 32]
inline at::Tensor in_rows(const at::Tensor& tiles, std::int64_t rows) {
  constexpr std::int64_t side = RowLayout::kSide;
  return tiles.transpose(1, 2).reshape({tiles.size(0) * side, tiles.size(1) * side}).narrow(0, 0, rows);
}

}  // namespace vifi
