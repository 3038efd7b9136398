#include "cpu/avx512.h"

#include "cpu/amx_attention.h"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <limits>
#include <string_view>
#include <vector>

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>

#if defined(__x86_64__) && defined(__linux__)

#include <sys/syscall.h>
#include <unistd.h>

#define VIFI_AMX __attribute__((target("amx-tile,amx-bf16,avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")))

namespace vifi {
namespace {

using avx512::exponential;
using avx512::first_lanes;
using Bits = std::uint16_t;  // of a bf16

constexpr std::int64_t kRows = 16;   // of a tile
constexpr std::int64_t kDeep = 32;   // bf16 in a row of a tile
constexpr std::int64_t kWide = 16;   // float32 in a row of a tile
constexpr std::int64_t kTile = kRows * kDeep;

constexpr std::int64_t rounded_up(std::int64_t value, std::int64_t to) { return (value + to - 1) / to * to; }

/// Eight tiles of 16 rows of 64 bytes.
struct alignas(64) TileConfig {
  std::uint8_t palette = 1, start_row = 0, reserved[14] = {};
  std::uint16_t bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};
static_assert(sizeof(TileConfig) == 64);

struct Shape {
  std::int64_t tokens, heads, depth;
  bool causal;
  std::int64_t row() const { return 3 * heads * depth; }  // of qkv
  std::int64_t padded() const { return rounded_up(tokens, kDeep); }
};

/// What a thread needs for one head; aligned to a cache line.
class Scratch {
 public:
  explicit Scratch(const Shape& shape)
      : keys(of<Bits>(shape.padded() * shape.depth)),
        values(of<Bits>(shape.padded() * shape.depth)),
        queries(of<Bits>(kRows * shape.depth)),
        scores(of<float>(kRows * shape.padded())),
        shares(of<Bits>(kRows * shape.padded())),
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
  Bits* keys;     // tiles [N / 16, D / 32]: row i holds dimensions 2i, 2i+1 of 16 tokens
  Bits* values;   // tiles [N / 32, D / 16]: row i holds tokens 2i, 2i+1 in 16 dimensions
  Bits* queries;  // [16, D], the last ones with zeros behind
  float* scores;  // [16, N]
  Bits* shares;   // [16, N], not yet divided by their sum
  float* sums;    // [16, D]
};

/// Rows and columns of 16 x 16 words of 32 bits exchanged.
VIFI_AMX inline void transpose(__m512i* rows) {
  __m512i other[16];
  for (int i = 0; i < 16; i += 2) {
    other[i] = _mm512_unpacklo_epi32(rows[i], rows[i + 1]);
    other[i + 1] = _mm512_unpackhi_epi32(rows[i], rows[i + 1]);
  }
  for (int i = 0; i < 16; i += 4) {
    rows[i] = _mm512_unpacklo_epi64(other[i], other[i + 2]);
    rows[i + 1] = _mm512_unpackhi_epi64(other[i], other[i + 2]);
    rows[i + 2] = _mm512_unpacklo_epi64(other[i + 1], other[i + 3]);
    rows[i + 3] = _mm512_unpackhi_epi64(other[i + 1], other[i + 3]);
  }
  for (int i = 0; i < 4; ++i) {
    other[i] = _mm512_shuffle_i32x4(rows[i], rows[i + 4], 0x88);
    other[i + 4] = _mm512_shuffle_i32x4(rows[i], rows[i + 4], 0xdd);
    other[i + 8] = _mm512_shuffle_i32x4(rows[i + 8], rows[i + 12], 0x88);
    other[i + 12] = _mm512_shuffle_i32x4(rows[i + 8], rows[i + 12], 0xdd);
  }
  for (int i = 0; i < 4; ++i) {
    rows[i] = _mm512_shuffle_i32x4(other[i], other[i + 8], 0x88);
    rows[i + 8] = _mm512_shuffle_i32x4(other[i], other[i + 8], 0xdd);
    rows[i + 4] = _mm512_shuffle_i32x4(other[i + 4], other[i + 12], 0x88);
    rows[i + 12] = _mm512_shuffle_i32x4(other[i + 4], other[i + 12], 0xdd);
  }
}

VIFI_AMX void pack_keys(const Bits* keys, const Shape& shape, Bits* out) {
  for (std::int64_t token = 0; token < shape.padded(); token += kRows) {
    for (std::int64_t d = 0; d < shape.depth; d += kDeep, out += kTile) {
      __m512i rows[16];
      for (std::int64_t i = 0; i < kRows; ++i) {
        const bool there = token + i < shape.tokens;
        rows[i] = there ? _mm512_loadu_si512(keys + (token + i) * shape.row() + d) : _mm512_setzero_si512();
      }
      transpose(rows);
      for (std::int64_t i = 0; i < kRows; ++i) {
        _mm512_store_si512(out + i * kDeep, rows[i]);
      }
    }
  }
}

VIFI_AMX inline __m512i value_words(const Bits* values, const Shape& shape, std::int64_t token, std::int64_t d) {
  if (token >= shape.tokens) {
    return _mm512_setzero_si512();
  }
  const auto* from = reinterpret_cast<const __m256i*>(values + token * shape.row() + d);
  return _mm512_cvtepu16_epi32(_mm256_loadu_si256(from));
}

VIFI_AMX void pack_values(const Bits* values, const Shape& shape, Bits* out) {
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
  const __m512 lowest = _mm512_set1_ps(-std::numeric_limits<float>::infinity());
  __m512 most = lowest;
  for (std::int64_t n = 0; n < visible; n += kWide) {
    most = _mm512_max_ps(most, _mm512_mask_loadu_ps(lowest, first_lanes(visible - n), scores + n));
  }
  const __m512 highest = _mm512_set1_ps(_mm512_reduce_max_ps(most));
  __m512 sum = _mm512_setzero_ps();
  for (std::int64_t n = 0; n < padded; n += kWide) {
    const __mmask16 lanes = first_lanes(visible - n);
    const __m512 share =
        _mm512_maskz_mov_ps(lanes, exponential(_mm512_sub_ps(_mm512_maskz_loadu_ps(lanes, scores + n), highest)));
    sum = _mm512_add_ps(sum, share);
    _mm256_store_si256(reinterpret_cast<__m256i*>(shares + n), reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(share)));
  }
  return 1.0F / _mm512_reduce_add_ps(sum);
}

constexpr int bytes_of(std::int64_t columns, std::size_t size) {
  return static_cast<int>(columns * static_cast<std::int64_t>(size));
}

/// Scores of 16 queries. Tiles: 0, 1 queries; 2, 3 keys; 4, 5 scores.
VIFI_AMX void multiply_keys(const Bits* queries, int query_bytes, const Bits* keys, const Shape& shape, float* scores) {
  const int score_bytes = bytes_of(shape.padded(), sizeof(float));
  const bool deep = shape.depth > kDeep;
  _tile_loadd(0, queries, query_bytes);
  if (deep) {
    _tile_loadd(1, queries + kDeep, query_bytes);
  }
  const std::int64_t step = shape.depth / kDeep * kTile;  // of 16 tokens
  for (std::int64_t n = 0; n < shape.padded(); n += 2 * kWide, keys += 2 * step) {
    _tile_zero(4);
    _tile_zero(5);
    _tile_loadd(2, keys, 64);
    _tile_loadd(3, keys + step, 64);
    _tile_dpbf16ps(4, 0, 2);
    _tile_dpbf16ps(5, 0, 3);
    if (deep) {
      _tile_loadd(2, keys + kTile, 64);
      _tile_loadd(3, keys + step + kTile, 64);
      _tile_dpbf16ps(4, 1, 2);
      _tile_dpbf16ps(5, 1, 3);
    }
    _tile_stored(4, scores + n, score_bytes);
    _tile_stored(5, scores + n + kWide, score_bytes);
  }
}

/// Sums of 32 dimensions of the values, for 16 queries. Tiles: 0 shares; 2, 3 values; 4, 5 sums.
VIFI_AMX void multiply_values(const Bits* shares, const Bits* values, const Shape& shape, float* sums) {
  const std::int64_t step = shape.depth / kWide * kTile;  // of 32 tokens
  const int share_bytes = bytes_of(shape.padded(), sizeof(Bits)), sum_bytes = bytes_of(shape.depth, sizeof(float));
  for (std::int64_t d = 0; d < shape.depth; d += 2 * kWide, values += 2 * kTile) {
    _tile_zero(4);
    _tile_zero(5);
    const Bits* part = values;
    for (std::int64_t n = 0; n < shape.padded(); n += kDeep, part += step) {
      _tile_loadd(0, shares + n, share_bytes);
      _tile_loadd(2, part, 64);
      _tile_loadd(3, part + kTile, 64);
      _tile_dpbf16ps(4, 0, 2);
      _tile_dpbf16ps(5, 0, 3);
    }
    _tile_stored(4, sums + d, sum_bytes);
    _tile_stored(5, sums + d + kWide, sum_bytes);
  }
}

VIFI_AMX void store_scaled(const float* sums, float scale, std::int64_t depth, Bits* out) {
  for (std::int64_t d = 0; d < depth; d += kWide) {
    const __m512 scaled = _mm512_mul_ps(_mm512_loadu_ps(sums + d), _mm512_set1_ps(scale));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + d), reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(scaled)));
  }
}

/// @param queries  of the head's first token, rows of shape.row(). @param out  rows of heads * depth
VIFI_AMX void attend(const Bits* queries, const Shape& shape, Scratch& scratch, Bits* out) {
  const std::int64_t width = shape.heads * shape.depth;
  pack_keys(queries + width, shape, scratch.keys);
  pack_values(queries + 2 * width, shape, scratch.values);
  for (std::int64_t first = 0; first < shape.tokens; first += kRows) {
    const std::int64_t rows = std::min(kRows, shape.tokens - first);
    const Bits* block = queries + first * shape.row();
    int block_bytes = bytes_of(shape.row(), sizeof(Bits));
    if (rows < kRows) {  // a tile would read beyond the last row
      std::fill_n(scratch.queries, kRows * shape.depth, Bits{0});
      for (std::int64_t i = 0; i < rows; ++i) {
        std::copy_n(block + i * shape.row(), shape.depth, scratch.queries + i * shape.depth);
      }
      block = scratch.queries;
      block_bytes = bytes_of(shape.depth, sizeof(Bits));
    }
    multiply_keys(block, block_bytes, scratch.keys, shape, scratch.scores);
    float scales[kRows];
    for (std::int64_t i = 0; i < rows; ++i) {
      const std::int64_t visible = shape.causal ? first + i + 1 : shape.tokens;
      scales[i] = softmax(scratch.scores + i * shape.padded(), visible, shape.padded(),
                          scratch.shares + i * shape.padded());
    }
    multiply_values(scratch.shares, scratch.values, shape, scratch.sums);
    for (std::int64_t i = 0; i < rows; ++i) {
      store_scaled(scratch.sums + i * shape.depth, scales[i], shape.depth, out + (first + i) * width);
    }
  }
}

VIFI_AMX void attend_heads(const Bits* qkv, const Shape& shape, std::int64_t begin, std::int64_t end, Bits* out) {
  Scratch scratch(shape);
  const TileConfig config;
  _tile_loadconfig(&config);
  for (std::int64_t i = begin; i < end; ++i) {
    const std::int64_t item = i / shape.heads, head = i % shape.heads;
    attend(qkv + item * shape.tokens * shape.row() + head * shape.depth, shape, scratch,
           out + item * shape.tokens * shape.heads * shape.depth + head * shape.depth);
  }
  _tile_release();
}

/// What limits oneDNN's products limits this too: `ONEDNN_MAX_CPU_ISA` names the most that may be used.
bool user_allows_tiles() {
  const char* most = std::getenv("ONEDNN_MAX_CPU_ISA");
  const std::string_view isa = most == nullptr ? "" : most;
  return isa.empty() || isa == "DEFAULT" || isa == "ALL" || isa.find("AMX") != std::string_view::npos;
}

bool system_allows_tiles() {
  constexpr int kRequestPermission = 0x1023, kTileData = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}

}  // namespace

bool amx_attention_available() {
  static const bool available = __builtin_cpu_supports("amx-tile") && __builtin_cpu_supports("amx-bf16") &&
                                avx512::available_for_bf16() && user_allows_tiles() && system_allows_tiles();
  return available;
}

at::Tensor amx_attention(const at::Tensor& qkv, bool causal) {
  const Shape shape{.tokens = qkv.size(1), .heads = qkv.size(3), .depth = qkv.size(4), .causal = causal};
  at::Tensor mixed = at::empty({qkv.size(0), shape.tokens, shape.heads, shape.depth}, qkv.options());
  const auto* in = static_cast<const Bits*>(qkv.const_data_ptr());
  auto* out = static_cast<Bits*>(mixed.mutable_data_ptr());
  at::parallel_for(0, qkv.size(0) * shape.heads, /*grain_size=*/1, [&](std::int64_t begin, std::int64_t end) {
    attend_heads(in, shape, begin, end, out);
  });
  return mixed;
}

}  // namespace vifi

#else

namespace vifi {

bool amx_attention_available() { return false; }
at::Tensor amx_attention(const at::Tensor&, bool) { return {}; }

}  // namespace vifi

#endif
