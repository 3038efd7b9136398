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

constexpr std::int64_t kMostInputs = 768;         // multiplied in one go: of more, the rows leave a core's cache
constexpr std::int64_t kPiece = 192;              // inputs of a panel that stay in a core's first cache: 24 KB
constexpr std::int64_t kResidentBytes = 1 << 20;  // of rows that pass by a panel: half of a core's second cache

constexpr std::int64_t kGrainMacs = 1 << 20;      // that are worth a thread

constexpr std::int64_t divided(std::int64_t value, std::int64_t by) { return (value + by - 1) / by; }

struct Layer {
  const float* packed;
  const float* bias;
  std::int64_t in, out;
  const float* panel(std::int64_t i) const { return packed + i * in * kPanel; }
};

VIFI_AVX512 void silu_block(float* c, std::int64_t step, std::int64_t rows) {
  for (std::int64_t row = 0; row < rows; ++row, c += step) {
    _mm512_storeu_ps(c, silu(_mm512_loadu_ps(c)));
    _mm512_storeu_ps(c + 16, silu(_mm512_loadu_ps(c + 16)));
  }
}

/// Inputs [first, last) of a panel.
struct Piece {
  std::int64_t panel, first, last;
};

/// All rows that `blocks` divides times a piece, while the next one is fetched.
/// @param x, y  the first of the rows
void multiply_piece(const float* x, const Layer& layer, const RowBlocks& blocks, const Piece& piece, const Piece& next,
                    bool silu_follows, float* y) {
  constexpr std::int64_t kLineValues = 16;
  const std::int64_t depth = piece.last - piece.first;
  const std::int64_t lines = (next.last - next.first) * kPanel / kLineValues;
  const std::int64_t fetched = std::min(divided(lines, blocks.count), depth);
  const auto* coming = reinterpret_cast<const std::byte*>(layer.panel(next.panel) + next.first * kPanel);
  for (std::int64_t i = 0; i < blocks.count; ++i) {
    const std::int64_t row = blocks.first(i), rows = blocks.first(i + 1) - row;
    float* c = y + row * layer.out + piece.panel * kPanel;
    const std::int64_t done = std::min(i * fetched, lines);
    multiplier(rows, /*whole=*/true)({
        .a = x + row * layer.in + piece.first,
        .a_step = layer.in,
        .panel = layer.panel(piece.panel) + piece.first * kPanel,
        .depth = depth,
        .c = c,
        .c_step = layer.out,
        .begin = piece.first == 0 ? layer.bias + piece.panel * kPanel : nullptr,
        .coming = coming + done * 64,
        .fetched = std::min(fetched, lines - done),
    });
    if (silu_follows && piece.last == layer.in) {
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
  for (std::int64_t round = 0; round < rounds; ++round) {
    const std::int64_t first = rows * round / rounds;
    const RowBlocks blocks{rows * (round + 1) / rounds - first};
    for (std::int64_t input = 0; input < layer.in; input += inputs) {
      const std::int64_t last = std::min(layer.in, input + inputs);
      Piece piece{begin, input, std::min(last, input + kPiece)};
      while (piece.panel < end) {
        Piece next{piece.panel, piece.last, std::min(last, piece.last + kPiece)};
        if (piece.last == last) {
          next = {piece.panel + 1, input, std::min(last, input + kPiece)};
        }
        multiply_piece(x + first * layer.in, layer, blocks, piece, next.panel < end ? next : Piece{begin, 0, 0}, silu_follows,
                       y + first * layer.out);
        piece = next;
      }
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
