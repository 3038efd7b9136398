#include "cpu/amx.h"

#include "cpu/amx_attention.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <vector>

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>

#if defined(__x86_64__) && defined(__linux__)

namespace vifi {
namespace {

using namespace amx;
using avx512::first_lanes;
using avx512::rough_power_of_two;

struct Shape {
  std::int64_t tokens, heads, depth;
  bool causal;
  RowLayout in, out;  // of all items
  std::int64_t width() const { return heads * depth; }
  std::int64_t padded() const { return rounded_up(tokens, kDeep); }
};

/// Queries, keys or values of a head: `depth` columns of rows that follow each other.
struct Part {
  const Bits* base;
  const RowLayout* layout;
  std::int64_t first_row, first_column;
  const Bits* at(std::int64_t token, std::int64_t d) const {
    return base + layout->offset(first_row + token, first_column + d);
  }
};

/// What a thread needs for one head; aligned to a cache line.
class Scratch {
 public:
  explicit Scratch(const Shape& shape)
      : keys(of<Bits>(shape.padded() * shape.depth)),
        values(of<Bits>(shape.padded() * shape.depth)),
        queries(of<Bits>(kRows * shape.depth)),
        scores{of<float>(kRows * shape.padded()), of<float>(kRows * shape.padded())},
        shares{of<Bits>(kRows * shape.padded()), of<Bits>(kRows * shape.padded())},
        sums(of<float>(kRows * shape.depth)) {}

 private:
  template <typename T>
  T* of(std::int64_t count) {
    memory_.emplace_back(static_cast<std::size_t>(rounded_up(count * static_cast<std::int64_t>(sizeof(T)), 64)) / 64);
    return reinterpret_cast<T*>(memory_.back().data());
  }
  struct alignas(64) Line {
    std::byte bytes[64];
  };
  std::vector<std::vector<Line>> memory_;

 public:
  Bits* keys;        // tiles [N / 16, D / 32]: row i holds dimensions 2i, 2i+1 of 16 tokens
  Bits* values;      // tiles [N / 32, D / 16]: row i holds tokens 2i, 2i+1 in 16 dimensions
  Bits* queries;     // [16, D], zeros behind the last one
  float* scores[2];  // [16, N], of this block of queries and the next
  Bits* shares[2];   // [16, N], not yet divided by their sum
  float* sums;       // [16, D]
  float scales[kRows];
};

VIFI_AMX void pack_keys(const Part& keys, const Shape& shape, Bits* out) {
  for (std::int64_t token = 0; token < shape.padded(); token += kRows) {
    for (std::int64_t d = 0; d < shape.depth; d += kDeep, out += kTile) {
      __m512i rows[16];
      for (std::int64_t i = 0; i < kRows; ++i) {
        const bool there = token + i < shape.tokens;
        rows[i] = there ? _mm512_loadu_si512(keys.at(token + i, d)) : _mm512_setzero_si512();
      }
      avx512::transpose(rows);
      for (std::int64_t i = 0; i < kRows; ++i) {
        _mm512_store_si512(out + i * kDeep, rows[i]);
      }
    }
  }
}

VIFI_AMX inline __m512i value_words(const Part& values, const Shape& shape, std::int64_t token, std::int64_t d) {
  if (token >= shape.tokens) {
    return _mm512_setzero_si512();
  }
  const auto* from = reinterpret_cast<const __m256i*>(values.at(token, d));
  return _mm512_cvtepu16_epi32(_mm256_loadu_si256(from));
}

VIFI_AMX void pack_values(const Part& values, const Shape& shape, Bits* out) {
  for (std::int64_t token = 0; token < shape.padded(); token += kDeep) {
    for (std::int64_t d = 0; d < shape.depth; d += kWide, out += kTile) {
      for (std::int64_t i = 0; i < kRows; ++i) {
        const __m512i even = value_words(values, shape, token + 2 * i, d);
        const __m512i odd = value_words(values, shape, token + 2 * i + 1, d);
        _mm512_store_si512(out + i * kDeep, _mm512_or_si512(even, _mm512_slli_epi32(odd, 16)));
      }
    }
  }
}

/// Of one query. @param visible  tokens that it sees. @return one over the sum of the shares
VIFI_AMX float softmax(const float* scores, std::int64_t visible, std::int64_t padded, Bits* shares) {
  const __m512 lowest = _mm512_set1_ps(-std::numeric_limits<float>::infinity()), to_power = _mm512_set1_ps(avx512::kLog2E);
  __m512 left_most = lowest, right_most = lowest;
  std::int64_t n = 0;
  for (; n + kDeep <= visible; n += kDeep) {
    left_most = _mm512_max_ps(left_most, _mm512_load_ps(scores + n));
    right_most = _mm512_max_ps(right_most, _mm512_load_ps(scores + n + kWide));
  }
  for (; n < visible; n += kWide) {
    left_most = _mm512_mask_max_ps(left_most, first_lanes(visible - n), left_most, _mm512_load_ps(scores + n));
  }
  const float most = _mm512_reduce_max_ps(_mm512_max_ps(left_most, right_most));
  const __m512 highest = _mm512_mul_ps(_mm512_set1_ps(most), to_power);
  const auto share = [&](std::int64_t at) VIFI_AMX {
    return rough_power_of_two(_mm512_fmsub_ps(_mm512_load_ps(scores + at), to_power, highest));
  };
  __m512 sum = _mm512_setzero_ps();
  const auto store = [&](__m512 left, __m512 right) VIFI_AMX {
    sum = _mm512_add_ps(sum, _mm512_add_ps(left, right));
    _mm512_store_si512(shares + n, reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(right, left)));
  };
  for (n = 0; n + kDeep <= visible; n += kDeep) {
    store(share(n), share(n + kWide));
  }
  for (; n < padded; n += kDeep) {
    store(_mm512_maskz_mov_ps(first_lanes(visible - n), share(n)),
          _mm512_maskz_mov_ps(first_lanes(visible - n - kWide), share(n + kWide)));
  }
  return 1.0F / _mm512_reduce_add_ps(sum);
}

constexpr int bytes_of(std::int64_t columns, std::size_t size) {
  return static_cast<int>(columns * static_cast<std::int64_t>(size));
}

/// Scores of 16 queries, with 64 tokens at a time: a product takes longer than it takes to begin the next. Tiles: 0, 1
/// queries; 2, 3 keys; 4 to 7 scores.
VIFI_AMX void multiply_keys(const Bits* queries, const Bits* keys, const Shape& shape, float* scores) {
  const int query_bytes = bytes_of(shape.depth, sizeof(Bits));
  const int score_bytes = bytes_of(shape.padded(), sizeof(float));
  const bool deep = shape.depth > kDeep;
  _tile_loadd(0, queries, query_bytes);
  if (deep) {
    _tile_loadd(1, queries + kDeep, query_bytes);
  }
  const std::int64_t step = shape.depth / kDeep * kTile;  // of 16 tokens
  for (std::int64_t n = 0; n < shape.padded(); n += 4 * kWide, keys += 4 * step) {
    const bool four = n + 2 * kWide < shape.padded();
    _tile_zero(4);
    _tile_zero(5);
    _tile_zero(6);
    _tile_zero(7);
    _tile_loadd(2, keys, kRowBytes);
    _tile_loadd(3, keys + step, kRowBytes);
    _tile_dpbf16ps(4, 0, 2);
    _tile_dpbf16ps(5, 0, 3);
    if (four) {
      _tile_loadd(2, keys + 2 * step, kRowBytes);
      _tile_loadd(3, keys + 3 * step, kRowBytes);
      _tile_dpbf16ps(6, 0, 2);
      _tile_dpbf16ps(7, 0, 3);
    }
    if (deep) {
      _tile_loadd(2, keys + kTile, kRowBytes);
      _tile_loadd(3, keys + step + kTile, kRowBytes);
      _tile_dpbf16ps(4, 1, 2);
      _tile_dpbf16ps(5, 1, 3);
      if (four) {
        _tile_loadd(2, keys + 2 * step + kTile, kRowBytes);
        _tile_loadd(3, keys + 3 * step + kTile, kRowBytes);
        _tile_dpbf16ps(6, 1, 2);
        _tile_dpbf16ps(7, 1, 3);
      }
    }
    _tile_stored(4, scores + n, score_bytes);
    _tile_stored(5, scores + n + kWide, score_bytes);
    if (four) {
      _tile_stored(6, scores + n + 2 * kWide, score_bytes);
      _tile_stored(7, scores + n + 3 * kWide, score_bytes);
    }
  }
}

/// Sums of the values for 16 queries. Tiles: 0 shares; 1, 2 values; 4 to 7 sums of 16 dimensions each.
VIFI_AMX void multiply_values(const Bits* shares, const Bits* values, const Shape& shape, float* sums) {
  const int share_bytes = bytes_of(shape.padded(), sizeof(Bits)), sum_bytes = bytes_of(shape.depth, sizeof(float));
  const bool deep = shape.depth > kDeep;
  const std::int64_t step = shape.depth / kWide * kTile;  // of 32 tokens
  _tile_zero(4);
  _tile_zero(5);
  _tile_zero(6);
  _tile_zero(7);
  for (std::int64_t n = 0; n < shape.padded(); n += kDeep, values += step) {
    _tile_loadd(0, shares + n, share_bytes);
    _tile_loadd(1, values, kRowBytes);
    _tile_loadd(2, values + kTile, kRowBytes);
    _tile_dpbf16ps(4, 0, 1);
    _tile_dpbf16ps(5, 0, 2);
    if (deep) {
      _tile_loadd(1, values + 2 * kTile, kRowBytes);
      _tile_loadd(2, values + 3 * kTile, kRowBytes);
      _tile_dpbf16ps(6, 0, 1);
      _tile_dpbf16ps(7, 0, 2);
    }
  }
  _tile_stored(4, sums, sum_bytes);
  _tile_stored(5, sums + kWide, sum_bytes);
  if (deep) {
    _tile_stored(6, sums + 2 * kWide, sum_bytes);
    _tile_stored(7, sums + 3 * kWide, sum_bytes);
  }
}

/// @param out  the first of the head's columns in a token's row
VIFI_AMX void store_scaled(const float* sums, float scale, const Shape& shape, Bits* out) {
  for (std::int64_t d = 0; d < shape.depth; d += kDeep, out += shape.out.column_step()) {
    const __m512 left = _mm512_mul_ps(_mm512_load_ps(sums + d), _mm512_set1_ps(scale));
    const __m512 right = _mm512_mul_ps(_mm512_load_ps(sums + d + kWide), _mm512_set1_ps(scale));
    _mm512_storeu_si512(out, reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(right, left)));
  }
}

VIFI_AMX void gather_queries(const Part& queries, std::int64_t first, std::int64_t rows, std::int64_t depth, Bits* out) {
  for (std::int64_t i = 0; i < kRows; ++i) {
    for (std::int64_t d = 0; d < depth; d += kDeep, out += kDeep) {
      _mm512_store_si512(out, i < rows ? _mm512_loadu_si512(queries.at(first + i, d)) : _mm512_setzero_si512());
    }
  }
}

/// Scores of a block of queries, softmax, and sums of the values wait for each other; so three blocks are in work.
VIFI_AMX void attend(const Bits* qkv, std::int64_t item, std::int64_t head, const Shape& shape, Scratch& scratch, Bits* out) {
  const auto part = [&](std::int64_t which) {
    return Part{qkv, &shape.in, item * shape.tokens, which * shape.width() + head * shape.depth};
  };
  const Part queries = part(0);
  pack_keys(part(1), shape, scratch.keys);
  pack_values(part(2), shape, scratch.values);
  const std::int64_t blocks = rounded_up(shape.tokens, kRows) / kRows;
  const auto rows_of = [&](std::int64_t block) { return std::min(kRows, shape.tokens - block * kRows); };
  for (std::int64_t step = 0; step < blocks + 2; ++step) {
    if (const std::int64_t block = step; block < blocks) {
      gather_queries(queries, block * kRows, rows_of(block), shape.depth, scratch.queries);
      multiply_keys(scratch.queries, scratch.keys, shape, scratch.scores[block % 2]);
    }
    if (const std::int64_t block = step - 2; block >= 0) {
      multiply_values(scratch.shares[block % 2], scratch.values, shape, scratch.sums);
    }
    float scales[kRows] = {};
    if (const std::int64_t block = step - 1; block >= 0 && block < blocks) {
      for (std::int64_t i = 0; i < rows_of(block); ++i) {
        const std::int64_t visible = shape.causal ? block * kRows + i + 1 : shape.tokens;
        scales[i] = softmax(scratch.scores[block % 2] + i * shape.padded(), visible, shape.padded(),
                            scratch.shares[block % 2] + i * shape.padded());
      }
    }
    if (const std::int64_t block = step - 2; block >= 0) {
      for (std::int64_t i = 0; i < rows_of(block); ++i) {
        store_scaled(scratch.sums + i * shape.depth, scratch.scales[i], shape,
                     out + shape.out.offset(item * shape.tokens + block * kRows + i, head * shape.depth));
      }
    }
    std::copy_n(scales, kRows, scratch.scales);
  }
}

VIFI_AMX void attend_heads(const Bits* qkv, const Shape& shape, std::int64_t begin, std::int64_t end, Bits* out) {
  Scratch scratch(shape);
  const TileConfig config;
  _tile_loadconfig(&config);
  for (std::int64_t i = begin; i < end; ++i) {
    attend(qkv, i / shape.heads, i % shape.heads, shape, scratch, out);
  }
  _tile_release();
}

}  // namespace

at::Tensor amx_attention(const at::Tensor& qkv, const AmxHeads& heads) {
  const std::int64_t width = heads.heads * heads.depth, rows = heads.batch * heads.tokens;
  const Shape shape{.tokens = heads.tokens,
                    .heads = heads.heads,
                    .depth = heads.depth,
                    .causal = heads.causal,
                    .in = {3 * width, heads.in},
                    .out = {width, heads.out}};
  at::Tensor mixed = heads.out == RowOrder::rows ? at::empty({rows, width}, qkv.options())
                                                 : at::empty(shape.out.tile_sizes(rows), qkv.options());
  const auto* in = static_cast<const Bits*>(qkv.const_data_ptr());
  auto* out = static_cast<Bits*>(mixed.mutable_data_ptr());
  at::parallel_for(0, heads.batch * heads.heads, /*grain_size=*/1, [&](std::int64_t begin, std::int64_t end) {
    attend_heads(in, shape, begin, end, out);
  });
  return mixed;
}

}  // namespace vifi

#else

namespace vifi {

at::Tensor amx_attention(const at::Tensor&, const AmxHeads&) { return {}; }

}  // namespace vifi

#endif
