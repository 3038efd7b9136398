// A training on a GPU, where there is one. A program of its own: libtorch takes one accelerator in a process, and the
// tests of another device bring theirs.
#include "device_fixture.h"
#include "train_access.h"

namespace vifi::train {
namespace {

struct Gpu : DeviceTest {
  void SetUp() override {
    device_ = computing_device("auto", 0);
    if (device_.is_cpu()) GTEST_SKIP() << "there is no GPU that libtorch can use";
    keep_float32_products();
  }
  void expect_losses_of_the_processor(Arithmetic arithmetic, double share) {
    const std::vector<double> there = losses("there", {.arithmetic = arithmetic});
    device_ = at::kCPU;
    expect_near(losses("here"), there, share);
  }
};

TEST_F(Gpu, HasTheLossesOfTheProcessor) { expect_losses_of_the_processor(Arithmetic::fp32, 1e-3); }
TEST_F(Gpu, HasNearlyItsLossesInBf16) { expect_losses_of_the_processor(Arithmetic::bf16, 0.05); }
TEST_F(Gpu, HasNearlyItsLossesInFp16) { expect_losses_of_the_processor(Arithmetic::fp16, 0.05); }

}  // namespace
}  // namespace vifi::train
