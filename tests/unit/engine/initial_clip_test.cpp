// The weights that a pretraining begins with.
#include "clip/initial_clip.h"

#include <cmath>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/eye.h>
#include <gtest/gtest.h>

#include "vifi/error.h"
#include "weights/clip_architecture.h"

namespace vifi {
namespace {

ClipConfig config_of_test() {
  ClipConfig config;
  config.image_height = config.image_width = 32;
  config.patch_size = 8;
  config.embed_dim = 32;
  config.context_length = 77;
  config.vocab_size = 100;
  config.vision = {.width = 128, .layers = 2, .heads = 2, .mlp_width = 512};
  config.text = {.width = 64, .layers = 2, .heads = 1, .mlp_width = 256};
  return config;
}

at::Generator seeded(std::uint64_t seed) {
  return at::detail::createCPUGenerator(seed);
}

double deviation(const at::Tensor& tensor) {
  return tensor.std().item<double>();
}

TEST(InitialClip, HasEveryTensorOfTheArchitecture) {
  const ClipWeights weights = initial_clip(config_of_test(), seeded(1));
  const auto expected = expected_tensors(weights.config);
  EXPECT_EQ(weights.tensors.size(), expected.size());
  for (const auto& tensor : expected) {
    ASSERT_TRUE(weights.tensors.contains(tensor.name)) << tensor.name;
    EXPECT_EQ(weights.tensors.at(tensor.name).sizes(), at::IntArrayRef(tensor.shape)) << tensor.name;
  }
}

TEST(InitialClip, DependsOnTheSeedAlone) {
  const ClipWeights one = initial_clip(config_of_test(), seeded(1)), same = initial_clip(config_of_test(), seeded(1)),
                    other = initial_clip(config_of_test(), seeded(2));
  EXPECT_TRUE(at::equal(one.tensors.at("visual.proj"), same.tensors.at("visual.proj")));
  EXPECT_FALSE(at::equal(one.tensors.at("visual.proj"), other.tensors.at("visual.proj")));
}

TEST(InitialClip, HasOpenAIsDeviations) {
  const TensorMap tensors = initial_clip(config_of_test(), seeded(1)).tensors;
  EXPECT_NEAR(tensors.at("logit_scale").item<double>(), std::log(1 / .07), 1e-5);
  EXPECT_NEAR(deviation(tensors.at("token_embedding.weight")), .02, .001);
  EXPECT_NEAR(deviation(tensors.at("positional_embedding")), .01, .001);
  EXPECT_NEAR(deviation(tensors.at("transformer.resblocks.0.attn.in_proj_weight")), 1 / 8., .005);  // 64^-1/2
  EXPECT_NEAR(deviation(tensors.at("transformer.resblocks.1.attn.out_proj.weight")), 1 / 16.,
              .003);  // ... (2 * 2)^-1/2
  EXPECT_NEAR(deviation(tensors.at("visual.transformer.resblocks.0.mlp.c_fc.weight")), 1 / std::sqrt(3 * 128), .001);
  EXPECT_EQ(tensors.at("visual.transformer.resblocks.0.attn.in_proj_bias").abs().sum().item<double>(), 0);
}

TEST(WhiteningFilters, MakePatchesUncorrelatedAndOfOneVariance) {
  // Neighbouring pixels alike: noise, averaged.
  const at::Tensor noise = at::empty({64, 3, 9, 8}, at::kFloat).normal_(0, 1, seeded(1));
  const at::Tensor images = (noise.narrow(2, 0, 8) + noise.narrow(2, 1, 8)).contiguous();
  const at::Tensor filters = whitening_filters(images, 2, 12, .3, seeded(2), /*smoothing=*/0);
  ASSERT_EQ(filters.sizes(), (std::vector<std::int64_t>{12, 3, 2, 2}));
  const at::Tensor patches = images.reshape({64, 3, 4, 2, 4, 2}).permute({0, 2, 4, 1, 3, 5}).reshape({-1, 12});
  const at::Tensor seen = patches.matmul(filters.reshape({12, 12}).t());  // [1024, 12]
  const at::Tensor centred = seen - seen.mean(at::IntArrayRef{0}, true);
  EXPECT_TRUE(at::allclose(centred.t().matmul(centred) / 1023, .09 * at::eye(12), 1e-3, 1e-4));
}

TEST(WhiteningFilters, ImpossibleOnesAreRefused) {
  const at::Tensor images = at::empty({4, 3, 8, 8}, at::kFloat).zero_();
  EXPECT_THROW(whitening_filters(images, 2, 13, .3, seeded(1)), Error);  // 12 pixels a patch
  EXPECT_THROW(whitening_filters(images, 3, 4, .3, seeded(1)), Error);   // 8 is no multiple of 3
}

}  // namespace
}  // namespace vifi
