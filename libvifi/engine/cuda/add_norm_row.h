#pragma once

#include <cmath>

#include "cuda/kernel_code.h"

namespace vifi::cuda {

/// x += delta; y = layer norm of x: one row. Sums are float32, the residual stream is rounded to T before it is normed,
/// as separate operators would do.
/// @param group  who shares the row: `rank`, `size`, and `sum(value)` over its members
/// @param delta  null: nothing is added
template <typename T, typename Group>
VIFI_KERNEL void add_norm_row(const Group& group, T* x, const T* delta, T* y, const float* weight, const float* bias,
                              float eps, int width) {
  float sum = 0;
  for (int i = group.rank; i < width; i += group.size) {
    if (delta) {
      x[i] = static_cast<T>(static_cast<float>(x[i]) + static_cast<float>(delta[i]));
    }
    sum += static_cast<float>(x[i]);
  }
  const float mean = group.sum(sum) / static_cast<float>(width);
  float squares = 0;
  for (int i = group.rank; i < width; i += group.size) {
    const float distance = static_cast<float>(x[i]) - mean;
    squares += distance * distance;
  }
  const float scale = 1.0F / sqrtf(group.sum(squares) / static_cast<float>(width) + eps);
  for (int i = group.rank; i < width; i += group.size) {
    y[i] = static_cast<T>((static_cast<float>(x[i]) - mean) * scale * weight[i] + bias[i]);
  }
}

}  // namespace vifi::cuda
