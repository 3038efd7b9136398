// The GPU's form of the towers, as far as a processor can tell: its operators run on any device, and our kernel's code is
// compiled for the processor too.
#include "cuda/device_blocks.h"

#include <gtest/gtest.h>

#include <ATen/ops/cosine_similarity.h>
#include <ATen/ops/empty.h>
#include <c10/core/InferenceMode.h>
#include <c10/util/BFloat16.h>
#include <c10/util/Half.h>

#include "bench/random_clip.h"
#include "cuda/add_norm_row.h"
#include "vifi/error.h"

namespace vifi {
namespace {

using at::Tensor;

/// One who has a row for himself.
struct Alone {
  int rank = 0;
  int size = 1;
  float sum(float value) const { return value; }
};

template <typename T>
void add_norm_rows(const cuda::AddNorm& work) {
  for (std::int64_t row = 0; row < work.rows; ++row) {
    const std::int64_t at = row * work.width;
    const T* delta = static_cast<const T*>(work.delta);
    cuda::add_norm_row(Alone{}, static_cast<T*>(work.x) + at, delta ? delta + at : nullptr, static_cast<T*>(work.y) + at,
                       work.weight, work.bias, work.eps, work.width);
  }
}

/// The kernel's own code on the processor.
int add_norm_here(const cuda::AddNorm* work, int) {
  switch (work->type) {
    case cuda::Number::fp32: add_norm_rows<float>(*work); break;
    case cuda::Number::fp16: add_norm_rows<c10::Half>(*work); break;
    case cuda::Number::bf16: add_norm_rows<c10::BFloat16>(*work); break;
  }
  return 0;
}

int fail(const cuda::AddNorm*, int) { return 700; }
const char* text_of(int) { return "an illegal memory access was encountered"; }

constexpr cuda::Kernels kHere{.abi = cuda::kKernelsAbi, .add_norm = add_norm_here, .error_text = text_of};

constexpr std::int64_t kWidth = 48, kTokens = 13;

TowerConfig tower(Activation activation) {
  return {.width = kWidth, .layers = 3, .heads = 2, .mlp_width = 96, .activation = activation};
}

ClipConfig small_config(Activation activation = Activation::quick_gelu) {
  return {.image_height = 24,
          .image_width = 32,
          .patch_size = 8,
          .embed_dim = 40,
          .context_length = 20,
          .vocab_size = 50,
          .vision = tower(activation),
          .text = {.width = 32, .layers = 2, .heads = 2, .mlp_width = 64, .activation = activation}};
}

Tensor random(at::IntArrayRef sizes) { return at::empty(sizes, at::kFloat).normal_(); }

double largest_difference(const Tensor& a, const Tensor& b) {
  return a.to(at::kFloat).sub(b.to(at::kFloat)).abs().max().item<double>();
}

double least_cosine(const Tensor& a, const Tensor& b) {
  return at::cosine_similarity(a.to(at::kFloat), b.to(at::kFloat), /*dim=*/-1).min().item<double>();
}

struct Form {
  Activation activation;
  Mask mask;
  const cuda::Kernels* kernels;
};

class DeviceForm : public testing::TestWithParam<Form> {
 protected:
  std::unique_ptr<Blocks> made(at::ScalarType dtype) const {
    return device_blocks(blocks_, config_, GetParam().mask, dtype, GetParam().kernels);
  }

  c10::InferenceMode inference_;
  TowerConfig config_ = tower(GetParam().activation);
  std::vector<BlockWeights> blocks_ =
      block_weights(random_clip_weights(small_config(GetParam().activation), Towers::vision).tensors, "visual.transformer.", 3);
  std::unique_ptr<Blocks> reference_ = plain_blocks(blocks_, config_, GetParam().mask, at::kFloat);
  Tensor x_ = random({3, kTokens, kWidth});
};

TEST_P(DeviceForm, AgreesWithTheReference) {
  const Tensor before = x_.clone();
  EXPECT_LT(largest_difference(made(at::kFloat)->forward(x_), reference_->forward(x_)), 1e-4);
  EXPECT_EQ(largest_difference(x_, before), 0) << "the caller's tensor was changed";
}

TEST_P(DeviceForm, AgreesWithTheReferenceWhereOnlySomeRowsAreRead) {
  const std::vector<std::int64_t> rows{4, 0, 12};
  EXPECT_LT(largest_difference(made(at::kFloat)->forward_rows(x_, rows), reference_->forward_rows(x_, rows)), 1e-4);
}

TEST_P(DeviceForm, InSmallTypesPointsWhereTheReferencePoints) {
  const Tensor exact = reference_->forward(x_);
  EXPECT_GT(least_cosine(made(at::kHalf)->forward(x_.to(at::kHalf)), exact), 0.9999);
  EXPECT_GT(least_cosine(made(at::kBFloat16)->forward(x_.to(at::kBFloat16)), exact), 0.999);
}

INSTANTIATE_TEST_SUITE_P(Forms, DeviceForm,
                         testing::Values(Form{Activation::quick_gelu, Mask::none, nullptr},
                                         Form{Activation::quick_gelu, Mask::none, &kHere},
                                         Form{Activation::gelu, Mask::causal, &kHere},
                                         Form{Activation::gelu_tanh, Mask::causal, nullptr}));

TEST(AddNorm, TheKernelsCodeComputesWhatTheOperatorsCompute) {
  const c10::InferenceMode inference;
  const Tensor weight = random({kWidth}), bias = random({kWidth});
  for (const at::ScalarType type : {at::kFloat, at::kHalf, at::kBFloat16}) {
    for (const bool adds : {true, false}) {
      const Tensor x = random({7, kWidth}).to(type), delta = adds ? random({7, kWidth}).to(type) : Tensor();
      Tensor ours_x = x.clone(), theirs_x = x.clone();
      const Tensor ours = add_norm(&kHere, ours_x, delta, weight, bias, 1e-5);
      const Tensor theirs = add_norm(nullptr, theirs_x, delta, weight, bias, 1e-5);
      EXPECT_EQ(ours.scalar_type(), type);
      EXPECT_EQ(largest_difference(ours_x, theirs_x), 0) << type;  // one addition, rounded once
      EXPECT_LT(largest_difference(ours, theirs), type == at::kFloat ? 1e-5 : type == at::kHalf ? 5e-3 : 4e-2) << type;
    }
  }
}

TEST(AddNorm, AFailureOfTheGpuIsNamed) {
  const c10::InferenceMode inference;
  cuda::Kernels broken = kHere;
  broken.add_norm = fail;
  Tensor x = random({2, kWidth});
  try {
    add_norm(&broken, x, {}, random({kWidth}), random({kWidth}), 1e-5);
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::device_unavailable);
    EXPECT_NE(error.message().find("illegal memory access"), std::string::npos);
  }
}

}  // namespace
}  // namespace vifi
