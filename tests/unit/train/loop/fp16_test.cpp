#include <cmath>
#include <limits>

#include <ATen/ops/full.h>

#include "optim/loss_scaler.h"
#include "trainer_fixture.h"
#include "vifi/error.h"

namespace vifi::train {
namespace {

/// A parameter with one gradient.
Parameter with_gradient(double gradient) {
  Parameter parameter;
  parameter.value = at::full({3}, 1.0).set_requires_grad(true);
  parameter.value.mutable_grad() = at::full({3}, gradient);
  return parameter;
}

double gradient_of(const Parameter& parameter) { return parameter.value.grad()[2].item<double>(); }

TEST(LossScaler, DividesGradientsByTheScale) {
  LossScaler scaler;
  const Parameter parameter = with_gradient(65536 * 0.25);
  EXPECT_TRUE(scaler.unscale(std::span(&parameter, 1)));
  EXPECT_EQ(gradient_of(parameter), 0.25);
  EXPECT_EQ(scaler.state().good_steps, 1);
}

TEST(LossScaler, HalvesTheScaleAndLeavesTheStepOutWhereAGradientOverflowed) {
  LossScaler scaler;
  const Parameter both[] = {with_gradient(1), with_gradient(std::numeric_limits<double>::infinity())};
  EXPECT_FALSE(scaler.unscale(both));
  EXPECT_EQ(scaler.scale(), 32768);
  EXPECT_EQ(scaler.state().good_steps, 0);
}

TEST(LossScaler, DoublesTheScaleAfterManyGoodSteps) {
  LossScaler scaler({.scale = 8, .good_steps = LossScaler::kInterval - 1});
  const Parameter parameter = with_gradient(8);
  EXPECT_TRUE(scaler.unscale(std::span(&parameter, 1)));
  EXPECT_EQ(gradient_of(parameter), 1);  // by the scale that the loss had
  EXPECT_EQ(scaler.scale(), 16);
  EXPECT_EQ(scaler.state().good_steps, 0);
}

TEST(LossScaler, GivesUpWhereNoScaleHelps) {
  LossScaler scaler({.scale = 2});
  const Parameter parameter = with_gradient(std::nan(""));
  EXPECT_FALSE(scaler.unscale(std::span(&parameter, 1)));
  try {
    scaler.unscale(std::span(&parameter, 1));
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_NE(error.hint().find("bf16"), std::string::npos);
  }
}

/// A processor multiplies fp16 slowly: few steps.
class Fp16 : public TrainerTest {
 protected:
  Fp16() { config_.set("TRAIN.EPOCHS", 1, "test"); }
  double first_loss(const std::string& run, Arithmetic arithmetic) {
    double loss = 0;
    train(run, {.arithmetic = arithmetic, .most_steps = 1},
          {.on_step = [&](const StepReport& report) { loss = report.loss; }, .evaluate = {}, .stop = {}});
    return loss;
  }
};

TEST_F(Fp16, HasNearlyTheLossOfFloat32) {
  const double exact = first_loss("fp32", Arithmetic::fp32), half = first_loss("fp16", Arithmetic::fp16);
  EXPECT_NEAR(half, exact, 0.01 * exact);
  EXPECT_NE(half, exact);
}

TEST_F(Fp16, GoesOnWithTheScaleThatItHad) {
  train("whole", {.arithmetic = Arithmetic::fp16});
  train("parts", {.arithmetic = Arithmetic::fp16, .most_steps = 4});
  const double scale = *entry(path("parts/interrupted.pth"), "scaler").find("scale")->as<double>();
  EXPECT_GE(scale, 1024);
  EXPECT_LE(scale, 65536);  // where it begins; first gradients may overflow
  train("parts", {.arithmetic = Arithmetic::fp16, .resume = path("parts/interrupted.pth")});
  const std::string whole = path("whole/ckpt_epoch_0.pth"), parts = path("parts/ckpt_epoch_0.pth");
  EXPECT_EQ(largest_difference(weights(whole), weights(parts)), 0);
  EXPECT_EQ(*entry(parts, "scaler").find("scale")->as<double>(), *entry(whole, "scaler").find("scale")->as<double>());
  EXPECT_EQ(*entry(parts, "scaler").find("_growth_tracker")->as<std::int64_t>(),
            *entry(whole, "scaler").find("_growth_tracker")->as<std::int64_t>());
}

}  // namespace
}  // namespace vifi::train
