#include "cpu/amx.h"
#include "cpu/rough_activations.h"

#include "cpu/amx_linear.h"

#include <algorithm>
#include <cstring>

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>

#if defined(__x86_64__) && defined(__linux__)

namespace vifi {
namespace {

using namespace amx;

constexpr std::int64_t kBlock = RowLayout::kSide;  // rows, and outputs, of a step: two tiles by two
constexpr std::int64_t kSums = kBlock * kBlock;
constexpr std::int64_t kStep = 2 * kTile;          // bf16 of a block's rows, or of a panel, in a step of 32 inputs
constexpr std::int64_t kMostInputs = 768;          // multiplied in one go: of more, the rows leave a core's cache
constexpr std::int64_t kResidentBytes = 1 << 20;   // of rows that pass by a panel: half of a core's second cache
constexpr std::int64_t kMostFetched = 8;           // cache lines of the next panel in a step

struct Layer {
  const Bits* packed;
  const float* bias;
  std::int64_t in, out;
  /// Weights of a panel from an input on.
  const Bits* panel(std::int64_t i, std::int64_t input) const { return packed + (i * in + input) * kBlock; }
};

/// A block of sums that the tiles are done with, and where its results go.
struct Finished {
  const float* sums = nullptr;  // [2, 2, 16, 16]: tiles of rows, tiles of outputs
  const float* bias = nullptr;  // [32]
  Bits* out = nullptr;
  std::int64_t row_step = 0;    // between rows of `out`
  std::int64_t rows = 0;        // none: nothing is left to be done
};

template <After after>
VIFI_AMX inline void finish_row(const Finished& block, std::int64_t row) {
  const float* sums = block.sums + row / kRows * 2 * kRows * kWide + row % kRows * kWide;
  const __m512 left = _mm512_add_ps(_mm512_load_ps(sums), _mm512_loadu_ps(block.bias));
  const __m512 right = _mm512_add_ps(_mm512_load_ps(sums + kRows * kWide), _mm512_loadu_ps(block.bias + kWide));
  _mm512_storeu_si512(block.out + row * block.row_step, reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(
                                                            avx512::rough<after>(right), avx512::rough<after>(left))));
}

/// What a core reads while it multiplies one block.
struct Operands {
  const Bits* rows;      // [steps, 32, 32]
  const Bits* panel;     // [steps, 2, 16, 16, 2]
  std::int64_t steps;    // of 32 inputs
  const Bits* coming;    // weights for the next panel
  std::int64_t fetched;  // cache lines of them in each step
};

/// 32 rows times a panel, or the first 16 of them, while another block is finished. Tiles: 0 to 3 sums; 4, 5 rows; 6, 7
/// weights. @param sums  [2, 2, 16, 16]; what they hold is added to unless `first`
template <bool both_halves, After after>
VIFI_AMX void multiply(const Operands& operands, bool first, const Finished& finished, float* sums) {
  constexpr std::int64_t tile = kRows * kWide;
  const Finished previous = finished;
  const Bits *rows = operands.rows, *panel = operands.panel, *coming = operands.coming;
  const std::int64_t steps = operands.steps, fetched = operands.fetched, at_once = (kBlock + steps - 1) / steps;
  if (first) {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
  } else {
    _tile_loadd(0, sums, kRowBytes);
    _tile_loadd(1, sums + tile, kRowBytes);
    _tile_loadd(2, sums + 2 * tile, kRowBytes);
    _tile_loadd(3, sums + 3 * tile, kRowBytes);
  }
  std::int64_t row = 0;
  for (std::int64_t k = 0; k < steps; ++k, rows += kStep, panel += kStep) {
    _tile_loadd(6, panel, kRowBytes);
    _tile_loadd(4, rows, kRowBytes);
    _tile_dpbf16ps(0, 4, 6);
    _tile_loadd(7, panel + kTile, kRowBytes);
    _tile_dpbf16ps(1, 4, 7);
    for (std::int64_t i = 0; i < fetched; ++i, coming += kDeep) {
      _mm_prefetch(reinterpret_cast<const char*>(coming), _MM_HINT_T1);
    }
    if constexpr (both_halves) {
      _tile_loadd(5, rows + kTile, kRowBytes);
      _tile_dpbf16ps(2, 5, 6);
    }
    for (std::int64_t i = 0; i < at_once && row < previous.rows; ++i, ++row) {
      finish_row<after>(previous, row);
    }
    if constexpr (both_halves) {
      _tile_dpbf16ps(3, 5, 7);
    }
  }
  _tile_stored(0, sums, kRowBytes);
  _tile_stored(1, sums + tile, kRowBytes);
  _tile_stored(2, sums + 2 * tile, kRowBytes);
  _tile_stored(3, sums + 3 * tile, kRowBytes);
}

/// Blocks [begin, end) of 32 rows into the order of tiles, with zeros behind the last row.
VIFI_AMX void pack_rows(const Bits* x, std::int64_t rows, std::int64_t in, std::int64_t begin, std::int64_t end, Bits* out) {
  out += begin * kBlock * in;
  for (std::int64_t first = begin * kBlock; first < end * kBlock; first += kBlock) {
    for (std::int64_t k = 0; k < in; k += kDeep) {
      for (std::int64_t row = first; row < first + kBlock; ++row, out += kDeep) {
        _mm512_store_si512(out, row < rows ? _mm512_loadu_si512(x + row * in + k) : _mm512_setzero_si512());
      }
    }
  }
}

/// How blocks and inputs are divided, so that what is read again is still near.
struct Division {
  std::int64_t blocks;  // of all rows
  std::int64_t at_once; // blocks that pass by a panel
  std::int64_t inputs;  // in one go; less than all: sums wait in memory for the rest

  Division(std::int64_t rows, std::int64_t in) : blocks((rows + kBlock - 1) / kBlock) {
    const std::int64_t parts = (in + kMostInputs - 1) / kMostInputs;
    inputs = rounded_up((in + parts - 1) / parts, kDeep);
    const std::int64_t fit = std::max<std::int64_t>(kResidentBytes / (kBlock * inputs * static_cast<std::int64_t>(sizeof(Bits))), 1);
    const std::int64_t rounds = (blocks + fit - 1) / fit;
    at_once = (blocks + rounds - 1) / rounds;
  }
};

/// Panels [begin, end) of the layer for all rows. @param x  in the order of tiles. @param waiting  [panels, at_once,
/// sums of a block], used where the inputs are divided
template <After after>
VIFI_AMX void multiply_panels(const Bits* x, const Layer& layer, const Division& division, std::int64_t rows,
                              std::int64_t begin, std::int64_t end, float* waiting, Bits* out, RowLayout out_layout) {
  alignas(64) float local[2][kSums];  // of the block in work, and of the one before it
  const TileConfig config;
  _tile_loadconfig(&config);
  const bool divided = division.inputs < layer.in;
  Finished previous;
  int turn = 0;
  for (std::int64_t first = 0; first < division.blocks; first += division.at_once) {
    const std::int64_t last = std::min(division.blocks, first + division.at_once);
    const std::int64_t fetched = std::min(kMostFetched, (kBlock + last - first - 1) / (last - first));
    for (std::int64_t input = 0; input < layer.in; input += division.inputs) {
      const std::int64_t inputs = std::min(division.inputs, layer.in - input);
      for (std::int64_t i = begin; i < end; ++i) {
        Operands operands{.rows = nullptr,
                          .panel = layer.panel(i, input),
                          .steps = inputs / kDeep,
                          .coming = layer.panel(i + 1 < end ? i + 1 : begin, input),
                          .fetched = fetched};
        for (std::int64_t block = first; block < last; ++block, operands.coming += fetched * inputs) {
          const std::int64_t there = std::min(kBlock, rows - block * kBlock);
          float* sums = divided ? waiting + (i * division.at_once + block - first) * kSums : local[turn];
          operands.rows = x + (block * layer.in + input) * kBlock;
          const auto product = there > kRows ? multiply<true, after> : multiply<false, after>;
          product(operands, input == 0, previous, sums);
          previous = {};
          if (input + inputs == layer.in) {
            previous = {.sums = sums,
                        .bias = layer.bias + i * kBlock,
                        .out = out + out_layout.offset(block * kBlock, i * kBlock),
                        .row_step = out_layout.row_step(),
                        .rows = there};
          }
          turn = 1 - turn;
        }
      }
    }
  }
  for (std::int64_t row = 0; row < previous.rows; ++row) {
    finish_row<after>(previous, row);
  }
  _tile_release();
}

using PanelMultiplier = decltype(&multiply_panels<After::nothing>);
PanelMultiplier panel_multiplier(After after) {
  switch (after) {
    case After::nothing: return multiply_panels<After::nothing>;
    case After::silu: return multiply_panels<After::silu>;
    case After::gelu: return multiply_panels<After::gelu>;
    case After::gelu_tanh: return multiply_panels<After::gelu_tanh>;
  }
  return nullptr;
}

at::Tensor empty_in(RowOrder order, std::int64_t rows, std::int64_t width, const at::TensorOptions& options) {
  return order == RowOrder::rows ? at::empty({rows, width}, options)
                                 : at::empty(RowLayout{width, order}.tile_sizes(rows), options);
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

at::Tensor amx_linear(const at::Tensor& x, const at::Tensor& packed, const at::Tensor& bias, const AmxProduct& product) {
  const std::int64_t panels = packed.size(0), rows = product.rows;
  const Layer layer{.packed = static_cast<const Bits*>(packed.const_data_ptr()),
                    .bias = bias.const_data_ptr<float>(),
                    .in = packed.size(1) * kDeep,
                    .out = panels * kBlock};
  at::Tensor y = empty_in(product.out, rows, layer.out, x.options());
  if (rows == 0) {
    return y;
  }
  const Division division(rows, layer.in);
  at::Tensor tiles = x;
  if (product.in == RowOrder::rows) {
    tiles = empty_in(RowOrder::tiles, rows, layer.in, x.options());
    const auto* from = static_cast<const Bits*>(x.const_data_ptr());
    auto* to = static_cast<Bits*>(tiles.mutable_data_ptr());
    at::parallel_for(0, division.blocks, /*grain_size=*/1, [&](std::int64_t begin, std::int64_t end) {
      pack_rows(from, rows, layer.in, begin, end, to);
    });
  }
  at::Tensor waiting;
  if (division.inputs < layer.in) {
    waiting = at::empty({panels, division.at_once, kSums}, x.options().dtype(at::kFloat));
  }
  const auto* in = static_cast<const Bits*>(tiles.const_data_ptr());
  auto* sums = waiting.defined() ? waiting.mutable_data_ptr<float>() : nullptr;
  auto* out = static_cast<Bits*>(y.mutable_data_ptr());
  const PanelMultiplier multiply = panel_multiplier(product.after);
  at::parallel_for(0, panels, /*grain_size=*/1, [&](std::int64_t begin, std::int64_t end) {
    multiply(in, layer, division, rows, begin, end, sums, out, {layer.out, product.out});
  });
  return y;
}

}  // namespace vifi

#else

namespace vifi {

at::Tensor amx_packed(const at::Tensor&) { return {}; }
at::Tensor amx_linear(const at::Tensor&, const at::Tensor&, const at::Tensor&, const AmxProduct&) { return {}; }

}  // namespace vifi

#endif
