#include "cpu/avx512_block.h"

#include "cpu/avx512_linear.h"

#include <algorithm>

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/gelu.h>

namespace vifi {

#if defined(__x86_64__)

namespace {

using namespace avx512;

constexpr std::int64_t kMostInputs = 768;           // multiplied in one go: of more, the rows leave a core's cache
constexpr std::int64_t kResidentBytes = 640 << 10;  // of rows that pass by a panel: a second cache of 1 MB has room for panels too
constexpr std::int64_t kGrainMacs = 1 << 20;        // that are worth a thread

constexpr std::int64_t divided(std::int64_t value, std::int64_t by) { return (value + by - 1) / by; }

struct Layer {
  const float* packed;
  const float* bias;
  std::int64_t in, out;
  /// Of a panel, from an input on.
  const float* weights(std::int64_t panel, std::int64_t input) const { return packed + (panel * in + input) * kPanel; }
};

VIFI_AVX512 void silu_block(float* c, std::int64_t step, std::int64_t rows) {
  for (std::int64_t row = 0; row < rows; ++row, c += step) {
    _mm512_storeu_ps(c, silu(_mm512_loadu_ps(c)));
    _mm512_storeu_ps(c + 16, silu(_mm512_loadu_ps(c + 16)));
  }
}

/// Inputs [first, first + count) of a panel.
struct Part {
  std::int64_t panel, first, count;
};

/// All rows that `blocks` divides times a part, while the next one is fetched.
/// @param x, y  the first of the rows
void multiply_part(const float* x, const Layer& layer, const RowBlocks& blocks, const Part& part, const Part& next,
                   bool silu_follows, float* y) {
  const std::int64_t lines = next.count * kPanel / kLineValues;
  const std::int64_t fetched = std::min(divided(lines, blocks.count), part.count);  // by each block
  for (std::int64_t i = 0; i < blocks.count; ++i) {
    const std::int64_t row = blocks.first(i), rows = blocks.first(i + 1) - row;
    float* c = y + row * layer.out + part.panel * kPanel;
    const std::int64_t done = std::min(i * fetched, lines);
    multiplier(rows, /*whole=*/true)({
        .a = x + row * layer.in + part.first,
        .a_step = layer.in,
        .panel = layer.weights(part.panel, part.first),
        .depth = part.count,
        .c = c,
        .c_step = layer.out,
        .begin = part.first == 0 ? layer.bias + part.panel * kPanel : nullptr,
        .coming = layer.weights(next.panel, next.first) + done * kLineValues,
        .fetched = std::min(fetched, lines - done),
    });
    if (silu_follows && part.first + part.count == layer.in) {
      silu_block(c, layer.out, rows);
    }
  }
}

/// Panels [begin, end) of the layer for all rows.
void multiply_panels(const float* x, const Layer& layer, std::int64_t rows, std::int64_t begin, std::int64_t end,
                     bool silu_follows, float* y) {
  const std::int64_t parts = divided(layer.in, kMostInputs), inputs = divided(layer.in, parts);
  const std::int64_t fit = std::max<std::int64_t>(kResidentBytes / (inputs * static_cast<std::int64_t>(sizeof(float))), 1);
  const std::int64_t rounds = divided(rows, fit);
  const auto behind = [&](const Part& part) -> Part {
    const std::int64_t end_of_part = part.first + part.count, first = end_of_part == layer.in ? 0 : end_of_part;
    return part.panel + 1 < end ? Part{part.panel + 1, part.first, part.count}
                                : Part{begin, first, std::min(inputs, layer.in - first)};
  };
  Part part{begin, 0, std::min(inputs, layer.in)};
  for (std::int64_t round = 0; round < rounds; ++round) {
    const std::int64_t first = rows * round / rounds;
    const RowBlocks blocks{rows * (round + 1) / rounds - first};
    for (std::int64_t left = parts * (end - begin); left > 0; --left) {
      const Part next = behind(part);
      multiply_part(x + first * layer.in, layer, blocks, part, next, silu_follows, y + first * layer.out);
      part = next;
    }
  }
}

}  // namespace

bool avx512_linear_available() { return avx512::available(); }

at::Tensor avx512_packed(const at::Tensor& weight) {
  return weight.view({weight.size(0) / kPanel, kPanel, weight.size(1)}).transpose(1, 2).contiguous();
}

at::Tensor avx512_linear(const at::Tensor& x, const at::Tensor& packed, const at::Tensor& bias, After after) {
  const std::int64_t panels = packed.size(0), rows = x.size(0);
  const Layer layer{.packed = packed.const_data_ptr<float>(),
                    .bias = bias.const_data_ptr<float>(),
                    .in = packed.size(1),
                    .out = panels * kPanel};
  at::Tensor y = at::empty({rows, layer.out}, x.options());
  if (rows == 0) {
    return y;
  }
  const auto* in = x.const_data_ptr<float>();
  auto* out = y.mutable_data_ptr<float>();
  const std::int64_t grain = divided(kGrainMacs, rows * std::max<std::int64_t>(layer.in, 1) * kPanel);
  at::parallel_for(0, panels, grain, [&](std::int64_t begin, std::int64_t end) {
    multiply_panels(in, layer, rows, begin, end, after == After::silu, out);
  });
  if (after == After::gelu || after == After::gelu_tanh) {
    at::gelu_(y, after == After::gelu ? "none" : "tanh");
  }
  return y;
}

#else

bool avx512_linear_available() { return false; }
at::Tensor avx512_packed(const at::Tensor&) { return {}; }
at::Tensor avx512_linear(const at::Tensor&, const at::Tensor&, const at::Tensor&, After) { return {}; }

#endif

}  // namespace vifi
