#include "cpu/row_kernels.h"

#include <gtest/gtest.h>

#include <limits>

#include <ATen/TensorOperators.h>
#include <ATen/ops/linspace.h>

#include "tiles.h"

namespace vifi {
namespace {

using at::Tensor;

/// Values in -3..3 without a pattern.
Tensor some_values(at::IntArrayRef sizes, double step, at::ScalarType dtype) {
  const std::int64_t count = c10::multiply_integers(sizes);
  return at::linspace(1, static_cast<double>(count), count).mul_(step).sin_().mul_(3).view(sizes).to(dtype);
}

/// The vector form against ATen's operators, of the same values in float32; widths that fill vectors and that do not.
class RowKernelsTest : public testing::TestWithParam<std::tuple<at::ScalarType, std::int64_t>> {
 protected:
  void SetUp() override {
    if (!RowKernels::available(dtype())) {
      GTEST_SKIP() << "this processor has no AVX-512 for " << c10::toString(dtype());
    }
  }
  static at::ScalarType dtype() { return std::get<0>(GetParam()); }
  static std::int64_t width() { return std::get<1>(GetParam()); }
  Tensor values(double step) const { return some_values({37, width()}, step, dtype()); }
  Tensor row(double step) const { return some_values({width()}, step, dtype()); }
  static void expect_near(const Tensor& got, const Tensor& want) {
    const double rounding = dtype() == at::kFloat ? 4e-6 : 8e-3;  // relative; values below 1 as if they were 1
    ASSERT_EQ(got.scalar_type(), dtype());
    const Tensor off = (got.to(at::kFloat) - want).abs() / want.abs().clamp_min(1);
    EXPECT_LE(off.max().item<double>(), rounding);
  }

  const RowKernels fast_{true}, plain_{false};
};

TEST_P(RowKernelsTest, Normalise) {
  const Tensor x = values(0.7), weight = row(1.1), bias = row(1.3);
  expect_near(fast_.norm(x, weight, bias, 1e-5),
              plain_.norm(x.to(at::kFloat), weight.to(at::kFloat), bias.to(at::kFloat), 1e-5));
}

TEST_P(RowKernelsTest, NormaliseIntoTiles) {
  if (width() % RowLayout::kSide != 0) {
    return;  // lies in no tiles
  }
  const Tensor x = values(0.7), weight = row(1.1), bias = row(1.3);
  const Tensor tiles = fast_.norm(x, weight, bias, 1e-5, RowOrder::tiles);
  EXPECT_TRUE(in_rows(tiles, x.size(0)).equal(fast_.norm(x, weight, bias, 1e-5)));
}

TEST_P(RowKernelsTest, AddAndNormalise) {
  const Tensor x = values(0.7), y = values(0.9), weight = row(1.1), bias = row(1.3);
  const Tensor sum = x + y;  // rounded as the kernel rounds it
  const Tensor got = fast_.add_and_norm(y, x, weight, bias, 1e-5);
  expect_near(y, sum.to(at::kFloat));
  expect_near(got, plain_.norm(sum.to(at::kFloat), weight.to(at::kFloat), bias.to(at::kFloat), 1e-5));
}

TEST_P(RowKernelsTest, Add) {
  const Tensor x = values(0.7), y = values(0.9), sum = x + y;
  fast_.add(y, x);
  EXPECT_TRUE((y == sum).all().item<bool>());
}

TEST_P(RowKernelsTest, Silu) {
  for (const double scale : {1.0, 40.0}) {
    const Tensor x = values(0.7) * scale, want = x.to(at::kFloat).clone();
    plain_.silu(want);
    fast_.silu(x);
    expect_near(x, want);
  }
}

TEST_P(RowKernelsTest, Softmax) {
  for (const double scale : {1.0, 40.0}) {
    const Tensor x = values(0.7) * scale, want = x.to(at::kFloat).clone();
    plain_.softmax(want);
    fast_.softmax(x);
    expect_near(x, want);
    EXPECT_NEAR(x.to(at::kFloat).sum(-1).max().item<double>(), 1, dtype() == at::kFloat ? 1e-5 : 0.02);
  }
}

TEST_P(RowKernelsTest, SoftmaxGivesNothingToWhatIsMasked) {
  if (width() == 1) {
    GTEST_SKIP() << "one value cannot be masked";
  }
  const Tensor x = values(0.7);
  x.select(-1, width() - 1).fill_(-std::numeric_limits<double>::infinity());
  const Tensor want = x.to(at::kFloat).clone();
  plain_.softmax(want);
  fast_.softmax(x);
  expect_near(x, want);
  EXPECT_EQ(x.select(-1, width() - 1).to(at::kFloat).abs().max().item<double>(), 0);
}

INSTANTIATE_TEST_SUITE_P(TypesAndWidths, RowKernelsTest,
                         testing::Combine(testing::Values(at::kFloat, at::kBFloat16), testing::Values(1, 15, 16, 197, 768)),
                         [](const auto& info) {
                           return std::string(c10::toString(std::get<0>(info.param))) + "_" + std::to_string(std::get<1>(info.param));
                         });

}  // namespace
}  // namespace vifi
