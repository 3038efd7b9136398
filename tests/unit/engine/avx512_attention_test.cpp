#include "cpu/avx512_attention.h"

#include <gtest/gtest.h>

#include <cmath>

#include <ATen/Parallel.h>

#include "cpu/avx512_linear.h"
#include "plain_products.h"

namespace vifi {
namespace {

using at::Tensor;

struct Shape {
  std::int64_t batch, tokens, heads, depth;
};

Tensor some_heads(const Shape& shape) {
  const Tensor qkv = some_values({shape.batch, shape.tokens, 3, shape.heads, shape.depth}, 0.7).mul_(2);
  qkv.narrow(2, 0, 1).div_(std::sqrt(static_cast<double>(shape.depth)));
  return qkv;
}

class Avx512Attention : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    if (!avx512_linear_available()) {
      GTEST_SKIP() << "this processor has no AVX-512";
    }
  }

  static double error(const Tensor& qkv) {
    const Avx512Heads heads{qkv.size(0), qkv.size(1), qkv.size(3), qkv.size(4), GetParam()};
    const Tensor got = avx512_attention(qkv, heads).view({heads.batch, heads.tokens, heads.heads, heads.depth});
    return (got - plain_attention(qkv.to(at::kDouble), GetParam())).abs().max().item<double>();
  }
};

TEST_P(Avx512Attention, IsSoftmaxOfProductsTimesValues) {
  const Shape shapes[] = {{1, 1, 1, 64},  {1, 14, 1, 64}, {2, 15, 3, 64}, {1, 16, 2, 32}, {1, 17, 1, 16}, {1, 32, 2, 64},
                          {3, 33, 2, 48}, {2, 65, 2, 80}, {1, 77, 8, 64}, {2, 197, 12, 64}, {1, 577, 2, 96}};
  for (const Shape& shape : shapes) {
    EXPECT_LT(error(some_heads(shape)), 5e-6) << shape.tokens << " tokens, depth " << shape.depth;
  }
}

TEST_P(Avx512Attention, TakesLargeScores) {
  const Tensor qkv = some_heads({1, 40, 2, 64});
  qkv.narrow(2, 0, 1).mul_(4000);  // scores far beyond what e^x holds
  EXPECT_LT(error(qkv), 0.02);    // in float32 they are exact to 1e-3 or so
}

TEST_P(Avx512Attention, RunsOnEachNumberOfThreads) {
  const int before = at::get_num_threads();
  for (const int threads : {1, 2, 3}) {
    at::set_num_threads(threads);
    EXPECT_LT(error(some_heads({2, 50, 5, 64})), 5e-6) << threads;
  }
  at::set_num_threads(before);
}

INSTANTIATE_TEST_SUITE_P(Masks, Avx512Attention, testing::Bool());

}  // namespace
}  // namespace vifi
