#include "cpu/amx_attention.h"

#include <gtest/gtest.h>

#include <limits>

#include <ATen/TensorOperators.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/full.h>
#include <ATen/ops/linspace.h>

#include "cpu/amx_available.h"
#include "tiles.h"

namespace vifi {
namespace {

using at::Tensor;

/// Queries, keys and values in about -2..2 without a pattern.
Tensor some_heads(std::int64_t batch, std::int64_t tokens, std::int64_t heads, std::int64_t depth) {
  const std::int64_t count = batch * tokens * 3 * heads * depth;
  return at::linspace(1, static_cast<double>(count), count).mul_(0.7).sin_().mul_(2).view({batch, tokens, 3, heads, depth}).to(at::kBFloat16);
}

/// The same in float32, of the bf16 values. @return [B, N, heads, D]
Tensor plain_attention(const Tensor& qkv, bool causal) {
  const std::int64_t batch = qkv.size(0), tokens = qkv.size(1), heads = qkv.size(3), depth = qkv.size(4);
  const Tensor parts = qkv.to(at::kFloat).permute({2, 0, 3, 1, 4}).contiguous();  // [3, B, heads, N, D]
  const auto part = [&](int which) { return parts[which].reshape({batch * heads, tokens, depth}); };
  Tensor scores = at::bmm(part(0), part(1).transpose(1, 2));
  if (causal) {
    scores.add_(at::full({tokens, tokens}, -std::numeric_limits<float>::infinity()).triu_(1));
  }
  return at::bmm(scores.softmax(-1), part(2)).view({batch, heads, tokens, depth}).permute({0, 2, 1, 3});
}

Tensor attended(const Tensor& qkv, bool causal) {
  const AmxHeads heads{.batch = qkv.size(0), .tokens = qkv.size(1), .heads = qkv.size(3), .depth = qkv.size(4), .causal = causal};
  return amx_attention(qkv, heads).view({heads.batch, heads.tokens, heads.heads, heads.depth}).to(at::kFloat);
}

class AmxAttention : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    if (!amx_available()) {
      GTEST_SKIP() << "this processor has no AMX";
    }
  }
};

TEST_P(AmxAttention, IsSoftmaxOfProductsTimesValues) {
  const struct {
    std::int64_t batch, tokens, heads, depth;
  } shapes[] = {{1, 1, 1, 64},  {1, 16, 1, 64},  {2, 17, 3, 64}, {1, 31, 2, 32}, {1, 32, 2, 64},
                {3, 33, 2, 32}, {2, 65, 2, 64},  {1, 77, 8, 64}, {2, 197, 12, 64}, {1, 577, 2, 64}};
  for (const auto& shape : shapes) {
    const Tensor qkv = some_heads(shape.batch, shape.tokens, shape.heads, shape.depth);
    const Tensor got = attended(qkv, GetParam()), want = plain_attention(qkv, GetParam());
    ASSERT_EQ(got.sizes(), want.sizes());
    // Shares and results are rounded to 8 bits; values are at most 2.
    EXPECT_LT((got - want).abs().max().item<double>(), 0.016) << shape.tokens << " tokens, depth " << shape.depth;
    EXPECT_LT((got - want).abs().mean().item<double>(), 0.002) << shape.tokens << " tokens, depth " << shape.depth;
  }
}

TEST_P(AmxAttention, TakesLargeScores) {
  const Tensor qkv = some_heads(1, 40, 2, 64) * 30;  // scores far beyond what e^x holds
  const Tensor got = attended(qkv, GetParam()), want = plain_attention(qkv, GetParam());
  EXPECT_TRUE(got.isfinite().all().item<bool>());
  EXPECT_LT((got - want).abs().max().item<double>(), 0.016 * 30);
}

TEST_P(AmxAttention, TakesAndGivesTiles) {
  for (const std::int64_t tokens : {5, 17, 40, 197}) {
    const Tensor qkv = some_heads(/*batch=*/3, tokens, /*heads=*/2, /*depth=*/64);
    const std::int64_t rows = 3 * tokens;
    AmxHeads heads{.batch = 3, .tokens = tokens, .heads = 2, .depth = 64, .causal = GetParam()};
    const Tensor want = amx_attention(qkv, heads);
    heads.in = heads.out = RowOrder::tiles;
    const Tensor got = in_rows(amx_attention(in_tiles(qkv.view({rows, -1})), heads), rows);
    EXPECT_TRUE(got.equal(want)) << tokens << " tokens";
  }
}

INSTANTIATE_TEST_SUITE_P(Masks, AmxAttention, testing::Bool());

}  // namespace
}  // namespace vifi
