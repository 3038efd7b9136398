#include "cpu/amx_attention.h"

#include <gtest/gtest.h>

#include "cpu/amx_available.h"
#include "plain_products.h"
#include "tiles.h"

namespace vifi {
namespace {

using at::Tensor;

/// Queries, keys and values in about -2..2.
Tensor some_heads(std::int64_t batch, std::int64_t tokens, std::int64_t heads, std::int64_t depth) {
  return some_values({batch, tokens, 3, heads, depth}, 0.7).mul_(2).to(at::kBFloat16);
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
    const Tensor got = attended(qkv, GetParam()), want = plain_attention(qkv.to(at::kFloat), GetParam());
    ASSERT_EQ(got.sizes(), want.sizes());
    // Shares and results are rounded to 8 bits; values are at most 2.
    EXPECT_LT((got - want).abs().max().item<double>(), 0.016) << shape.tokens << " tokens, depth " << shape.depth;
    EXPECT_LT((got - want).abs().mean().item<double>(), 0.002) << shape.tokens << " tokens, depth " << shape.depth;
  }
}

TEST_P(AmxAttention, TakesLargeScores) {
  const Tensor qkv = some_heads(1, 40, 2, 64) * 30;  // scores far beyond what e^x holds
  const Tensor got = attended(qkv, GetParam()), want = plain_attention(qkv.to(at::kFloat), GetParam());
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
