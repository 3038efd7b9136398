#include "cpu/avx512_linear.h"

#include <gtest/gtest.h>

#include <ATen/Parallel.h>
#include <ATen/ops/linear.h>

#include "plain_products.h"

namespace vifi {
namespace {

using at::Tensor;

class Avx512Linear : public testing::TestWithParam<After> {
 protected:
  void SetUp() override {
    if (!avx512_linear_available()) {
      GTEST_SKIP() << "this processor has no AVX-512";
    }
  }

  static void compare(std::int64_t rows, std::int64_t in, std::int64_t out) {
    const Tensor x = some_values({rows, in}, 0.7), weight = some_values({out, in}, 1.1);
    const Tensor bias = some_values({out}, 1.9).mul_(4);
    const Tensor got = avx512_linear(x, avx512_packed(weight), bias, GetParam());
    const Tensor want = activated(at::linear(x.to(at::kDouble), weight.to(at::kDouble), bias.to(at::kDouble)), GetParam());
    ASSERT_EQ(got.sizes(), want.sizes());
    const Tensor terms = at::linear(x.abs().to(at::kDouble), weight.abs().to(at::kDouble), bias.abs().to(at::kDouble));
    EXPECT_LT(((got - want).abs() / terms).max().item<double>(), 1e-6) << rows << ", " << in << ", " << out;
  }
};

TEST_P(Avx512Linear, IsProductAndBias) {
  for (const std::int64_t rows : {1, 2, 5, 13, 14, 15, 16, 29, 43, 197, 400}) {
    for (const std::int64_t in : {1, 7, 64, 257, 768}) {
      compare(rows, in, /*out=*/32);
      compare(rows, in, /*out=*/160);
    }
  }
}

TEST_P(Avx512Linear, TakesRowsThatNoCacheHolds) {
  compare(/*rows=*/407, /*in=*/3072, /*out=*/96);   // sums wait in the result
  compare(/*rows=*/1111, /*in=*/1601, /*out=*/64);  // and rows pass by in rounds, the last of less inputs
}

TEST_P(Avx512Linear, RunsOnEachNumberOfThreads) {
  const int before = at::get_num_threads();
  for (const int threads : {1, 2, 3}) {
    at::set_num_threads(threads);
    compare(/*rows=*/700, /*in=*/264, /*out=*/224);
  }
  at::set_num_threads(before);
}

TEST_P(Avx512Linear, IsTheActivationOfSumsOfAnySize) {
  const Tensor x = some_values({16, 32}, 1), bias = at::linspace(-500, 500, 3200);
  const Tensor none = at::full({3200, 32}, 0.0), want = activated(bias.to(at::kDouble), GetParam());
  const Tensor got = avx512_linear(x, avx512_packed(none), bias, GetParam());
  // ATen's gelu in float32 is off by that much where it is small
  EXPECT_LT(((got - want).abs() - 1e-6 * want.abs()).max().item<double>(), 1e-6);
}

TEST_P(Avx512Linear, TakesNoRows) {
  const Tensor y = avx512_linear(some_values({0, 32}, 1), avx512_packed(some_values({64, 32}, 1)), some_values({64}, 1), GetParam());
  EXPECT_EQ(y.sizes(), (std::vector<std::int64_t>{0, 64}));
}

INSTANTIATE_TEST_SUITE_P(Activations, Avx512Linear, testing::Values(After::nothing, After::silu, After::gelu, After::gelu_tanh));

}  // namespace
}  // namespace vifi
