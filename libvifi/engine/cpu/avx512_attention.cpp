#include "cpu/avx512_block.h"

#include "cpu/avx512_attention.h"

#include <algorithm>
#include <cstddef>
#include <limits>

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>

namespace vifi {

#if defined(__x86_64__)

namespace {

using namespace avx512;

constexpr std::int64_t kLanes = 16;

constexpr std::int64_t rounded_up(std::int64_t value, std::int64_t to) { return (value + to - 1) / to * to; }

struct Shape {
  std::int64_t tokens, heads, depth;
  bool causal;
  std::int64_t width() const { return heads * depth; }
  std::int64_t row_step() const { return 3 * width(); }  // of queries, keys and values
  std::int64_t score_step() const { return rounded_up(tokens, kPanel); }
};

/// What a thread needs for one head.
class Scratch {
 public:
  explicit Scratch(const Shape& shape)
      : keys(at::empty({shape.score_step() * shape.depth})),
        values(at::empty({shape.tokens * rounded_up(shape.depth, kPanel)})),
        scores(at::empty({kMostBlockRows * shape.score_step()})) {}

  at::Tensor keys;    // [N / 32, D, 32], zeros behind the last token
  at::Tensor values;  // [D / 32, N, 32]; behind the last dimension stand no values
  at::Tensor scores;  // [14, N]
};

VIFI_AVX512 void pack_keys(const float* keys, const Shape& shape, float* out) {
  for (std::int64_t token = 0; token < shape.score_step(); token += kLanes) {
    float* columns = out + token / kPanel * kPanel * shape.depth + token % kPanel;
    for (std::int64_t d = 0; d < shape.depth; d += kLanes) {
      __m512i rows[kLanes];
      for (std::int64_t i = 0; i < kLanes; ++i) {
        const bool there = token + i < shape.tokens;
        rows[i] = there ? _mm512_loadu_si512(keys + (token + i) * shape.row_step() + d) : _mm512_setzero_si512();
      }
      transpose(rows);
      for (std::int64_t i = 0; i < kLanes; ++i) {
        _mm512_storeu_si512(columns + (d + i) * kPanel, rows[i]);
      }
    }
  }
}

VIFI_AVX512 void pack_values(const float* values, const Shape& shape, float* out) {
  for (std::int64_t d = 0; d < shape.depth; d += kLanes) {
    float* columns = out + d / kPanel * kPanel * shape.tokens + d % kPanel;
    for (std::int64_t token = 0; token < shape.tokens; ++token) {
      _mm512_storeu_ps(columns + token * kPanel, _mm512_loadu_ps(values + token * shape.row_step() + d));
    }
  }
}

/// Shares of one query in place, not yet divided by their sum. @param visible  tokens that it sees; of the others up to
/// `tokens` shares are 0. @return one over the sum
VIFI_AVX512 float softmax(float* scores, std::int64_t visible, std::int64_t tokens) {
  __m512 most = _mm512_set1_ps(-std::numeric_limits<float>::infinity()), sum = _mm512_setzero_ps();
  for (std::int64_t n = 0; n < visible; n += kLanes) {
    most = _mm512_mask_max_ps(most, first_lanes(visible - n), most, _mm512_loadu_ps(scores + n));
  }
  const __m512 highest = _mm512_set1_ps(_mm512_reduce_max_ps(most));
  for (std::int64_t n = 0; n < visible; n += kLanes) {
    const __m512 share = _mm512_maskz_mov_ps(first_lanes(visible - n), exponential(_mm512_sub_ps(_mm512_loadu_ps(scores + n), highest)));
    sum = _mm512_add_ps(sum, share);
    _mm512_storeu_ps(scores + n, share);
  }
  for (std::int64_t n = rounded_up(visible, kLanes); n < tokens; n += kLanes) {
    _mm512_storeu_ps(scores + n, _mm512_setzero_ps());
  }
  return 1.0F / _mm512_reduce_add_ps(sum);
}

VIFI_AVX512 void scale(float* values, std::int64_t count, float by) {
  for (std::int64_t i = 0; i < count; i += kLanes) {
    _mm512_storeu_ps(values + i, _mm512_mul_ps(_mm512_loadu_ps(values + i), _mm512_set1_ps(by)));
  }
}

/// @param qkv, out  the head's first columns in the item's first row
void attend(const float* qkv, const Shape& shape, const Scratch& scratch, float* out) {
  alignas(64) static constexpr float zeros[kPanel] = {};
  auto *keys = scratch.keys.mutable_data_ptr<float>(), *values = scratch.values.mutable_data_ptr<float>();
  auto* scores = scratch.scores.mutable_data_ptr<float>();
  pack_keys(qkv + shape.width(), shape, keys);
  pack_values(qkv + 2 * shape.width(), shape, values);
  const RowBlocks blocks{shape.tokens};
  for (std::int64_t i = 0; i < blocks.count; ++i) {
    const std::int64_t first = blocks.first(i), rows = blocks.first(i + 1) - first;
    const std::int64_t seen = shape.causal ? first + rows : shape.tokens;  // by the last of them
    for (std::int64_t n = 0; n < seen; n += kPanel) {
      multiplier(rows, seen - n > kLanes)({.a = qkv + first * shape.row_step(),
                                           .a_step = shape.row_step(),
                                           .panel = keys + n * shape.depth,
                                           .depth = shape.depth,
                                           .c = scores + n,
                                           .c_step = shape.score_step(),
                                           .begin = zeros});
    }
    float scales[kMostBlockRows];
    for (std::int64_t row = 0; row < rows; ++row) {
      scales[row] = softmax(scores + row * shape.score_step(), shape.causal ? first + row + 1 : shape.tokens, seen);
    }
    float* mixed = out + first * shape.width();
    for (std::int64_t d = 0; d < shape.depth; d += kPanel) {
      multiplier(rows, shape.depth - d > kLanes)({.a = scores,
                                                  .a_step = shape.score_step(),
                                                  .panel = values + d * shape.tokens,
                                                  .depth = seen,
                                                  .c = mixed + d,
                                                  .c_step = shape.width(),
                                                  .begin = zeros});
    }
    for (std::int64_t row = 0; row < rows; ++row) {
      scale(mixed + row * shape.width(), shape.depth, scales[row]);
    }
  }
}

}  // namespace

at::Tensor avx512_attention(const at::Tensor& qkv, const Avx512Heads& heads) {
  const Shape shape{.tokens = heads.tokens, .heads = heads.heads, .depth = heads.depth, .causal = heads.causal};
  at::Tensor mixed = at::empty({heads.batch * heads.tokens, shape.width()}, qkv.options());
  const auto* in = qkv.const_data_ptr<float>();
  auto* out = mixed.mutable_data_ptr<float>();
  at::parallel_for(0, heads.batch * heads.heads, /*grain_size=*/1, [&](std::int64_t begin, std::int64_t end) {
    const Scratch scratch(shape);
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t row = i / heads.heads * heads.tokens, column = i % heads.heads * heads.depth;
      attend(in + row * shape.row_step() + column, shape, scratch, out + row * shape.width() + column);
    }
  });
  return mixed;
}

#else

at::Tensor avx512_attention(const at::Tensor&, const Avx512Heads&) { return {}; }

#endif

}  // namespace vifi
