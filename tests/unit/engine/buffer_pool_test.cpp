#include "cpu/buffer_pool.h"

#include <gtest/gtest.h>

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>

namespace vifi {
namespace {

constexpr std::int64_t kMebi = 1 << 20;

at::Tensor tensor_of_bytes(std::int64_t bytes) { return at::empty({bytes}, at::kByte); }

TEST(BufferPool, GivesTheMemoryOfADeadTensorToTheNext) {
  const auto pool = std::make_shared<BufferPool>();
  const PooledScope scope(pool);
  const void* first = tensor_of_bytes(kMebi).const_data_ptr();
  EXPECT_GE(pool->kept_bytes(), static_cast<std::size_t>(kMebi));
  EXPECT_EQ(tensor_of_bytes(kMebi - 100).const_data_ptr(), first);
}

TEST(BufferPool, NeverSharesMemoryBetweenLivingTensors) {
  const auto pool = std::make_shared<BufferPool>();
  const PooledScope scope(pool);
  const at::Tensor a = tensor_of_bytes(kMebi), b = tensor_of_bytes(kMebi);
  EXPECT_NE(a.const_data_ptr(), b.const_data_ptr());
}

TEST(BufferPool, LeavesSmallTensorsAndOtherScopesAlone) {
  const auto pool = std::make_shared<BufferPool>();
  {
    const PooledScope scope(pool);
    tensor_of_bytes(100);
  }
  tensor_of_bytes(kMebi);
  EXPECT_EQ(pool->kept_bytes(), 0U);
}

TEST(BufferPool, ATensorMayOutliveScopeAndPool) {
  at::Tensor survivor;
  {
    const auto pool = std::make_shared<BufferPool>();
    const PooledScope scope(pool);
    survivor = tensor_of_bytes(kMebi);
  }
  survivor.fill_(1);
  EXPECT_EQ(survivor.const_data_ptr<std::uint8_t>()[kMebi - 1], 1);
}

TEST(BufferPool, KeepsABoundedAmount) {
  const auto pool = std::make_shared<BufferPool>();
  const PooledScope scope(pool);
  {
    const at::Tensor a = tensor_of_bytes(200 * kMebi), b = tensor_of_bytes(200 * kMebi);
  }
  EXPECT_GE(pool->kept_bytes(), static_cast<std::size_t>(200 * kMebi));
  EXPECT_LT(pool->kept_bytes(), static_cast<std::size_t>(300 * kMebi));
}

}  // namespace
}  // namespace vifi
