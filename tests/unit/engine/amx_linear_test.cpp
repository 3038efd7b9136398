#include "cpu/amx_linear.h"

#include <gtest/gtest.h>

#include <ATen/Parallel.h>
#include <ATen/ops/linear.h>

#include "cpu/amx_available.h"
#include "plain_products.h"
#include "tiles.h"

namespace vifi {
namespace {

using at::Tensor;

/// bf16
Tensor some_values(std::int64_t rows, std::int64_t columns, double step) {
  return vifi::some_values({rows, columns}, step).to(at::kBFloat16);
}

class AmxLinear : public testing::TestWithParam<After> {
 protected:
  void SetUp() override {
    if (!amx_available()) {
      GTEST_SKIP() << "this processor has no AMX";
    }
  }

  static Tensor activated(const Tensor& x) { return vifi::activated(x, GetParam()); }

  static void compare(std::int64_t rows, std::int64_t in, std::int64_t out) {
    const Tensor x = some_values(rows, in, 0.7), weight = some_values(out, in, 1.1);
    const Tensor bias = some_values(1, out, 1.9).to(at::kFloat).view({out}).mul_(4);
    const Tensor got = amx_linear(x, amx_packed(weight), bias, {.rows = rows, .after = GetParam()}).to(at::kFloat);
    const Tensor want = activated(at::linear(x.to(at::kFloat), weight.to(at::kFloat), bias));
    ASSERT_EQ(got.sizes(), want.sizes());
    for (const RowOrder order : {RowOrder::rows, RowOrder::tiles}) {
      AmxProduct product{.rows = rows, .in = RowOrder::tiles, .out = order, .after = GetParam()};
      const Tensor y = amx_linear(in_tiles(x), amx_packed(weight), bias, product);
      EXPECT_TRUE((order == RowOrder::tiles ? in_rows(y, rows) : y).to(at::kFloat).equal(got)) << rows << ", " << in;
    }
    // A result is rounded to 8 bits, sums are not.
    EXPECT_LT(((got - want).abs() - 0.0041 * want.abs()).max().item<double>(), 1e-3) << rows << ", " << in << ", " << out;
  }
};

TEST_P(AmxLinear, IsProductAndBias) {
  for (const std::int64_t rows : {1, 5, 15, 16, 17, 31, 32, 33, 48, 49, 197, 400}) {
    for (const std::int64_t in : {32, 96, 768}) {
      compare(rows, in, /*out=*/32);
      compare(rows, in, /*out=*/160);
    }
  }
}

TEST_P(AmxLinear, TakesRowsThatNoCacheHolds) {
  compare(/*rows=*/407, /*in=*/3072, /*out=*/96);   // sums wait in memory
  compare(/*rows=*/1111, /*in=*/1600, /*out=*/64);  // and rows pass by in rounds, the last of less inputs
}

TEST_P(AmxLinear, RunsOnEachNumberOfThreads) {
  const int before = at::get_num_threads();
  for (const int threads : {1, 2, 3}) {
    at::set_num_threads(threads);
    compare(/*rows=*/70, /*in=*/64, /*out=*/224);
  }
  at::set_num_threads(before);
}

TEST_P(AmxLinear, TakesSumsFarFromZero) {
  const Tensor x = some_values(16, 32, 1), bias = at::linspace(-500, 500, 32);
  const Tensor got = amx_linear(x, amx_packed(some_values(32, 32, 1).mul_(0)), bias, {.rows = 16, .after = GetParam()});
  const Tensor want = activated(bias);
  EXPECT_LT((got.to(at::kFloat) - want).abs().max().item<double>(), 1);  // half of the last place of 500 in bf16
}

TEST_P(AmxLinear, IsTheActivationOfSmallSums) {
  const Tensor x = some_values(16, 32, 1), none = some_values(320, 32, 1).mul_(0), bias = at::linspace(-6, 6, 320);
  const Tensor got = amx_linear(x, amx_packed(none), bias, {.rows = 16, .after = GetParam()}).to(at::kFloat);
  const Tensor want = activated(bias);
  EXPECT_LT(((got - want).abs() - 0.0041 * want.abs()).max().item<double>(), 1e-4);  // rounded to 8 bits
}

TEST_P(AmxLinear, TakesNoRows) {
  const Tensor y = amx_linear(some_values(0, 32, 1), amx_packed(some_values(64, 32, 1)), some_values(1, 64, 1).to(at::kFloat), {.rows = 0, .after = GetParam()});
  EXPECT_EQ(y.sizes(), (std::vector<std::int64_t>{0, 64}));
}

INSTANTIATE_TEST_SUITE_P(Activations, AmxLinear, testing::Values(After::nothing, After::silu, After::gelu, After::gelu_tanh));

}  // namespace
}  // namespace vifi
