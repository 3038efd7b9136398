#include "data/random.h"

#include <gtest/gtest.h>

#include <array>

namespace vifi::train {
namespace {

TEST(Random, TheSameKeysGiveTheSameNumbers) {
  Random a({1, 2, 3});
  Random b({1, 2, 3});
  for (int i = 0; i < 100; ++i) EXPECT_EQ(a.next(), b.next());
}

TEST(Random, EveryKeyAndTheirOrderMatter) {
  const std::uint64_t first = Random({1, 2, 3}).next();
  EXPECT_NE(first, Random({1, 2, 4}).next());
  EXPECT_NE(first, Random({0, 2, 3}).next());
  EXPECT_NE(first, Random({2, 1, 3}).next());
  EXPECT_NE(first, Random({1, 2}).next());
}

TEST(Random, BelowIsEvenAndInBounds) {
  Random random({7});
  std::array<int, 5> seen{};
  for (int i = 0; i < 50'000; ++i) ++seen[static_cast<std::size_t>(random.below(5))];
  for (const int count : seen) EXPECT_NEAR(count, 10'000, 450);  // 5 standard deviations
  EXPECT_EQ(random.below(1), 0);
}

TEST(Random, UniformAndNormalHaveTheirMoments) {
  Random random({8});
  double sum = 0, square = 0, normal = 0, normal_square = 0;
  constexpr int kCount = 100'000;
  for (int i = 0; i < kCount; ++i) {
    const double u = random.uniform();
    ASSERT_GE(u, 0);
    ASSERT_LT(u, 1);
    sum += u;
    square += u * u;
    const double n = random.normal();
    normal += n;
    normal_square += n * n;
  }
  EXPECT_NEAR(sum / kCount, 0.5, 0.005);
  EXPECT_NEAR(square / kCount, 1.0 / 3, 0.005);
  EXPECT_NEAR(normal / kCount, 0, 0.016);
  EXPECT_NEAR(normal_square / kCount, 1, 0.023);
}

}  // namespace
}  // namespace vifi::train
