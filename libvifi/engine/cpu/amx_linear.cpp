#include "cpu/amx.h"

#include "cpu/amx_linear.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>

#if defined(__x86_64__) && defined(__linux__)

namespace vifi {
namespace {

using namespace amx;

constexpr std::int64_t kBlock = 32;                     // rows and outputs of a step: two tiles by two
constexpr std::int64_t kResidentBytes = 1 << 20;        // of rows that pass by a panel: half of a core's second cache

struct Layer {
  const Bits* packed;
  const float* bias;
  std::int64_t in, out;
  bool silu;
};

/// 32 rows times a panel. Tiles: 0 to 3 sums; 4, 5 rows; 6, 7 weights.
VIFI_AMX void multiply(const Bits* rows, std::int64_t row_bytes, const Bits* panel, std::int64_t in, float* sums) {
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  const Bits* lower = rows + kRows * row_bytes / static_cast<std::int64_t>(sizeof(Bits));
  for (std::int64_t k = 0; k < in; k += kDeep, panel += 2 * kTile) {
    _tile_loadd(6, panel, kRowBytes);
    _tile_loadd(4, rows + k, row_bytes);
    _tile_dpbf16ps(0, 4, 6);
    _tile_loadd(7, panel + kTile, kRowBytes);
    _tile_dpbf16ps(1, 4, 7);
    _tile_loadd(5, lower + k, row_bytes);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
  constexpr int bytes = kBlock * sizeof(float);
  _tile_stored(0, sums, bytes);
  _tile_stored(1, sums + kWide, bytes);
  _tile_stored(2, sums + kRows * kBlock, bytes);
  _tile_stored(3, sums + kRows * kBlock + kWide, bytes);
}

/// @param sums  [32, 32]. @param out  `rows` rows, `width` apart
VIFI_AMX void finish(const float* sums, const float* bias, bool silu, std::int64_t rows, Bits* out, std::int64_t width) {
  const __m512 one = _mm512_set1_ps(1), lowest = _mm512_set1_ps(-87);
  for (std::int64_t half = 0; half < kBlock; half += kWide) {
    const __m512 offset = _mm512_loadu_ps(bias + half);
    for (std::int64_t i = 0; i < rows; ++i) {
      __m512 value = _mm512_add_ps(_mm512_load_ps(sums + i * kBlock + half), offset);
      if (silu) {  // as in row_kernels.cpp
        const __m512 below = avx512::exponential(_mm512_sub_ps(_mm512_setzero_ps(), _mm512_max_ps(value, lowest)));
        value = _mm512_div_ps(value, _mm512_add_ps(one, below));
      }
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + i * width + half),
                          reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(value)));
    }
  }
}

/// Panels [begin, end) of the layer for all rows. @param tail  the last rows, filled up to 32 with zeros; null: none
VIFI_AMX void multiply_panels(const Bits* x, std::int64_t rows, const Bits* tail, const Layer& layer, std::int64_t begin,
                              std::int64_t end, Bits* out) {
  alignas(64) float sums[kBlock * kBlock];
  const TileConfig config;
  _tile_loadconfig(&config);
  const std::int64_t row_bytes = layer.in * static_cast<std::int64_t>(sizeof(Bits));
  const std::int64_t resident = std::max(kBlock, kResidentBytes / row_bytes / kBlock * kBlock);
  for (std::int64_t first = 0; first < rows; first += resident) {
    const std::int64_t last = std::min(rows, first + resident);
    for (std::int64_t panel = begin; panel < end; ++panel) {
      const Bits* weights = layer.packed + panel * kBlock * layer.in;
      for (std::int64_t row = first; row < last; row += kBlock) {
        const std::int64_t there = std::min(kBlock, rows - row);
        multiply(there < kBlock ? tail : x + row * layer.in, row_bytes, weights, layer.in, sums);
        finish(sums, layer.bias + panel * kBlock, layer.silu, there, out + row * layer.out + panel * kBlock, layer.out);
      }
    }
  }
  _tile_release();
}

}  // namespace

at::Tensor amx_packed(const at::Tensor& weight) {
  const std::int64_t out = weight.size(0), in = weight.size(1);
  const at::Tensor source = weight.contiguous();
  at::Tensor packed = at::empty({out / kBlock, in / kDeep, 2, kRows, kWide, 2}, weight.options());
  const auto* from = static_cast<const Bits*>(source.const_data_ptr());
  auto* to = static_cast<Bits*>(packed.mutable_data_ptr());
  for (std::int64_t panel = 0; panel < out; panel += kBlock) {
    for (std::int64_t k = 0; k < in; k += kDeep) {
      for (std::int64_t tile = 0; tile < kBlock; tile += kWide) {
        for (std::int64_t pair = 0; pair < kRows; ++pair) {
          for (std::int64_t i = 0; i < kWide; ++i, to += 2) {
            std::memcpy(to, from + (panel + tile + i) * in + k + 2 * pair, 2 * sizeof(Bits));
          }
        }
      }
    }
  }
  return packed;
}

at::Tensor amx_linear(const at::Tensor& x, const at::Tensor& packed, const at::Tensor& bias, bool silu) {
  const std::int64_t rows = x.size(0), panels = packed.size(0);
  const Layer layer{.packed = static_cast<const Bits*>(packed.const_data_ptr()),
                    .bias = bias.const_data_ptr<float>(),
                    .in = x.size(1),
                    .out = panels * kBlock,
                    .silu = silu};
  at::Tensor y = at::empty({rows, layer.out}, x.options());
  const auto* in = static_cast<const Bits*>(x.const_data_ptr());
  auto* out = static_cast<Bits*>(y.mutable_data_ptr());
  std::vector<Bits> tail;
  if (const std::int64_t left = rows % kBlock; left > 0) {  // tiles would read beyond the last row
    tail.resize(static_cast<std::size_t>(kBlock * layer.in));
    std::copy_n(in + (rows - left) * layer.in, left * layer.in, tail.data());
  }
  at::parallel_for(0, panels, /*grain_size=*/1, [&](std::int64_t begin, std::int64_t end) {
    multiply_panels(in, rows, tail.data(), layer, begin, end, out);
  });
  return y;
}

}  // namespace vifi

#else

namespace vifi {

at::Tensor amx_packed(const at::Tensor&) { return {}; }
at::Tensor amx_linear(const at::Tensor&, const at::Tensor&, const at::Tensor&, bool) { return {}; }

}  // namespace vifi

#endif
