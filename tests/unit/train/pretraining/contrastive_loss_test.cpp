// CLIP's loss over a batch, and the common norm of gradients.
#include "optim/contrastive_loss.h"

#include <cmath>

#include <ATen/TensorOperators.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include "optim/gradient_norm.h"

namespace vifi::train {
namespace {

double loss_of(const at::Tensor& images, const at::Tensor& texts, double scale, const at::Tensor& ids) {
  return contrastive_loss(images, texts, at::tensor(scale, at::kFloat), same_text_targets(ids)).item<double>();
}

const at::Tensor kTwoTexts = at::tensor({1L, 2L}).view({2, 1});

TEST(ContrastiveLoss, OfRightPairsIsLogOfOnePlusTheOther) {
  const at::Tensor axes = at::eye(2);
  EXPECT_NEAR(loss_of(axes, axes, 1, kTwoTexts), std::log(1 + std::exp(-1)), 1e-6);
  EXPECT_NEAR(loss_of(axes, axes, 0, kTwoTexts), std::log(2), 1e-6);  // chance
}

TEST(ContrastiveLoss, OfSwappedPairsGrowsWithTheScale) {
  const at::Tensor axes = at::eye(2);
  EXPECT_NEAR(loss_of(axes, axes.flip({0}), 10, kTwoTexts), 10 + std::log(1 + std::exp(-10)), 1e-5);
}

TEST(ContrastiveLoss, LooksFromImagesAndFromTexts) {
  // Both images say the first text. From images: log(1 + 1/e) and 1 more; from texts: log 2 each.
  const at::Tensor images = at::eye(2).index_select(0, at::tensor({0L, 0L})), texts = at::eye(2);
  const double by_images = std::log(1 + std::exp(-1)) + 0.5, by_texts = std::log(2);
  EXPECT_NEAR(loss_of(images, texts, 1, kTwoTexts), 0.5 * (by_images + by_texts), 1e-6);
}

TEST(ContrastiveLoss, SameTextsShareTheirMass) {
  const at::Tensor targets = same_text_targets(at::tensor({5L, 7L, 5L, 8L, 9L, 8L}).view({3, 2}));
  EXPECT_TRUE(targets.equal(at::eye(3)));  // [5 7], [5 8], [9 8]: no two rows are the same
  const at::Tensor shared = same_text_targets(at::tensor({5L, 7L, 5L, 8L, 5L, 7L}).view({3, 2}));
  EXPECT_TRUE(shared.equal(at::tensor({.5F, 0.F, .5F, 0.F, 1.F, 0.F, .5F, 0.F, .5F}).view({3, 3})));
}

TEST(GradientNorm, IsLimitedOverAllParametersTogether) {
  std::vector<Parameter> parameters;
  for (const double gradient : {3.0, 4.0, 0.0}) {
    const at::Tensor value = at::zeros({1}, at::kFloat).set_requires_grad(true);
    if (gradient > 0) (value * gradient).sum().backward();
    parameters.push_back({.name = "p", .value = value});
  }
  EXPECT_NEAR(limit_gradient_norm(parameters, 10), 5, 1e-6);
  EXPECT_NEAR(parameters[0].value.grad().item<double>(), 3, 1e-6);  // below the limit: as they are
  EXPECT_NEAR(limit_gradient_norm(parameters, 1), 5, 1e-6);
  EXPECT_NEAR(parameters[0].value.grad().item<double>(), .6, 1e-6);
  EXPECT_NEAR(parameters[1].value.grad().item<double>(), .8, 1e-6);
}

}  // namespace
}  // namespace vifi::train
