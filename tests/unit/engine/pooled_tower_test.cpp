#include "clip/pooled_tower.h"

#include <cmath>

#include <gtest/gtest.h>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cosine_similarity.h>
#include <ATen/ops/empty.h>
#include <c10/core/InferenceMode.h>

#include "clip/cost.h"
#include "clip/towers.h"
#include "vifi/error.h"
#include "weights/clip_architecture.h"

namespace vifi {
namespace {

using at::Tensor;

/// 20 x 36 pixels in patches of 8, so 2 x 4 patches and 4 pixels that no patch holds. Heads of 12 values.
PooledTowerConfig plain_config() {
  PooledTowerConfig config;
  config.image_height = 20;
  config.image_width = 36;
  config.patch_size = 8;
  config.blocks = {.width = 48, .layers = 2, .heads = 4, .mlp_width = 96, .activation = Activation::gelu_tanh,
                   .layer_norm_eps = 1e-6};
  config.pool_heads = 3;
  config.pool_mlp_width = 64;
  config.patch_bias = true;
  return config;
}

PooledTowerConfig full_config() {
  PooledTowerConfig config = plain_config();
  config.blocks.activation = Activation::gelu;
  config.patch_bias = false;
  config.class_token = config.norm_before = config.rotary = config.projection_bias = true;
  config.embed_dim = 40;
  return config;
}

TensorMap random_tensors(const std::vector<ExpectedTensor>& expected) {
  TensorMap tensors;
  for (const ExpectedTensor& item : expected) {
    const double deviation = item.shape.size() > 1 ? 1 / std::sqrt(static_cast<double>(item.shape.back())) : 0.3;
    tensors[item.name] = at::empty(item.shape, at::kFloat).normal_(0, deviation);
    if (item.name.find("ln_") != std::string::npos && item.name.ends_with("weight")) {
      tensors[item.name].add_(1);
    }
  }
  return tensors;
}

Tensor random_images(std::int64_t count) { return at::empty({count, 3, 20, 36}, at::kFloat).normal_(); }

double largest_difference(const Tensor& a, const Tensor& b) { return (a - b).abs().max().item<double>(); }

class PooledTowerForms : public testing::TestWithParam<PooledTowerConfig> {
 protected:
  c10::InferenceMode inference_;
  TensorMap tensors_ = random_tensors(expected_tensors(GetParam()));
};

TEST_P(PooledTowerForms, TheFastOneAgreesWithThePlainOne) {
  const PooledTower plain(GetParam(), tensors_, {.kernels = CpuKernels::plain});
  const PooledTower packed(GetParam(), tensors_, {.kernels = CpuKernels::packed});
  const Tensor images = random_images(5), expected = plain.forward(images);
  EXPECT_EQ(expected.size(1), GetParam().feature_size());
  EXPECT_LT(largest_difference(expected, packed.forward(images)), 1e-4);
}

TEST_P(PooledTowerForms, InBfloat16PointWhereThePlainOnePoints) {
  const PooledTower exact(GetParam(), tensors_, {.kernels = CpuKernels::plain});
  const Tensor images = random_images(5);
  for (const CpuKernels kernels : {CpuKernels::plain, CpuKernels::packed}) {
    const PooledTower rounded(GetParam(), tensors_, {.dtype = at::kBFloat16, .kernels = kernels});
    EXPECT_GT(at::cosine_similarity(exact.forward(images), rounded.forward(images), 1).min().item<double>(), 0.999);
  }
}

TEST_P(PooledTowerForms, TreatEachImageOfABatchAlone) {
  const PooledTower tower(GetParam(), tensors_, {.kernels = CpuKernels::packed});
  const Tensor images = random_images(3);
  EXPECT_LT(largest_difference(tower.forward(images).narrow(0, 2, 1), tower.forward(images.narrow(0, 2, 1))), 1e-5);
}

TEST_P(PooledTowerForms, DoNotReadWhatIsLeftBeyondWholePatches) {
  const PooledTower tower(GetParam(), tensors_, {});
  const Tensor images = random_images(1), expected = tower.forward(images);
  images.narrow(2, 16, 4).fill_(9);
  images.narrow(3, 32, 4).fill_(9);
  EXPECT_EQ(largest_difference(expected, tower.forward(images)), 0);
}

TEST_P(PooledTowerForms, RefuseImagesOfAnotherSize) {
  const PooledTower tower(GetParam(), tensors_, {});
  EXPECT_THROW(tower.forward(at::empty({1, 3, 36, 20}, at::kFloat).zero_()), Error);
}

INSTANTIATE_TEST_SUITE_P(Parts, PooledTowerForms, testing::Values(plain_config(), full_config()),
                         [](const auto& info) { return info.param.rotary ? "All" : "Fewest"; });

TEST(GridRotary, TurnsTheFirstHalfOfAHeadByColumnAndTheSecondByRow) {
  const Rotary rotary = grid_rotary(/*rows=*/2, /*columns=*/3, /*head_width=*/8, /*class_token=*/false);
  ASSERT_EQ(rotary.cos.sizes(), (at::IntArrayRef{6, 4}));
  const int patch = 5;  // column 2, row 1; frequencies 1 and 1/100
  EXPECT_NEAR(rotary.cos[patch][0].item<double>(), std::cos(2.0), 1e-6);
  EXPECT_NEAR(rotary.sin[patch][1].item<double>(), std::sin(0.02), 1e-6);
  EXPECT_NEAR(rotary.sin[patch][2].item<double>(), std::sin(1.0), 1e-6);
  EXPECT_NEAR(rotary.sin[patch][3].item<double>(), std::sin(0.01), 1e-6);
}

TEST(GridRotary, CountsFromOneBehindAClassTokenWhichStaysAsItIs) {
  const Rotary rotary = grid_rotary(2, 3, 8, /*class_token=*/true);
  ASSERT_EQ(rotary.cos.size(0), 7);
  EXPECT_EQ(rotary.cos[0].min().item<double>(), 1);
  EXPECT_EQ(rotary.sin[0].abs().max().item<double>(), 0);
  EXPECT_NEAR(rotary.sin[1][0].item<double>(), std::sin(1.0), 1e-6);
}

TEST(TextTower, WithoutAMaskReadsThePaddingToo) {
  const c10::InferenceMode inference;
  ClipConfig config;
  config.embed_dim = 24;
  config.context_length = 6;
  config.vocab_size = 10;
  config.text = {.width = 32, .layers = 2, .heads = 2, .mlp_width = 64, .activation = Activation::gelu};
  config.text_pool = TextPool::last;
  config.text_causal = false;
  std::vector<ExpectedTensor> expected = expected_text_tensors(config);
  expected.push_back({"text_projection_bias", {24}});
  const TensorMap tensors = random_tensors(expected);
  const TextTower plain(config, tensors, {.kernels = CpuKernels::plain});
  const TextTower packed(config, tensors, {.kernels = CpuKernels::packed});
  const Tensor ids = at::empty({2, 6}, at::kLong).fill_(1);
  ids[0][0].fill_(7);
  ids[1][0].fill_(7);
  ids[1][3].fill_(0);  // padding of another kind
  const Tensor features = plain.forward(ids);
  EXPECT_LT(largest_difference(features, packed.forward(ids)), 1e-4);
  EXPECT_GT(largest_difference(features[0], features[1]), 1e-3);
  EXPECT_THROW(plain.forward(ids.narrow(1, 0, 4)), Error);
}

/// PE-Core's published sizes (golden suite pe-forward).
PooledTowerConfig pe_core(std::int64_t image, std::int64_t patch, std::int64_t width, std::int64_t layers,
                          std::int64_t embed_dim) {
  PooledTowerConfig config;
  config.image_height = config.image_width = image;
  config.patch_size = patch;
  config.embed_dim = embed_dim;
  config.blocks = {.width = width, .layers = layers, .heads = width / 64, .mlp_width = 4 * width};
  config.pool_heads = 8;
  config.pool_mlp_width = 4 * width;
  config.class_token = config.norm_before = config.rotary = config.projection_bias = true;
  return config;
}

double parameters(const PooledTowerConfig& config) {
  double count = 0;
  for (const ExpectedTensor& tensor : expected_tensors(config)) {
    double size = 1;
    for (const std::int64_t side : tensor.shape) {
      size *= static_cast<double>(side);
    }
    count += size;
  }
  return count;
}

TEST(PooledTowerSizes, AreWhatTheAuthorsCount) {
  PooledTowerConfig giant = pe_core(448, 14, 1536, 50, 1280);
  giant.blocks.mlp_width = 8960;
  giant.blocks.heads = 16;
  giant.class_token = false;
  const struct {
    PooledTowerConfig config;
    double parameters;
    double gmacs;
  } published[] = {{pe_core(384, 16, 192, 12, 512), 6'141'056, 4.725},
                   {pe_core(224, 16, 768, 12, 1024), 93'673'984, 17.802},
                   {pe_core(336, 14, 1024, 24, 1024), 317'152'256, 192.182},
                   {giant, 1'882'033'920, 2059.317}};
  for (const auto& [config, count, gmacs] : published) {
    EXPECT_EQ(parameters(config), count);
    EXPECT_NEAR(macs_per_frame(config) / 1e9, gmacs, 6e-4);
  }
}

}  // namespace
}  // namespace vifi
