#include "clip/towers.h"

#include <gtest/gtest.h>

#include <iostream>

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/cosine_similarity.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/tensor.h>
#include <c10/core/InferenceMode.h>

#include "bench/random_clip.h"
#include "clip/cost.h"
#include "clip/pooled_tower.h"
#include "clip/prompts.h"
#include "vifi/error.h"

namespace vifi {
namespace {

using at::Tensor;

/// 24 x 32 pixels in patches of 8: 12 patches. Heads of 24 values: no power of two.
ClipConfig small_config(Activation activation = Activation::quick_gelu) {
  const TowerConfig vision{.width = 48, .layers = 3, .heads = 2, .mlp_width = 96, .activation = activation};
  const TowerConfig text{.width = 32, .layers = 2, .heads = 2, .mlp_width = 64, .activation = activation};
  return {.image_height = 24,
          .image_width = 32,
          .patch_size = 8,
          .embed_dim = 40,
          .context_length = 20,
          .vocab_size = 50,
          .vision = vision,
          .text = text};
}

Tensor random_images(std::int64_t count) { return at::empty({count, 3, 24, 32}, at::kFloat).normal_(); }

/// "start 7 8 end", padded with zeros to the context length.
Tensor short_text() {
  Tensor ids = at::empty({2, 20}, at::kLong).zero_();
  ids.narrow(1, 0, 4).copy_(at::tensor({48, 7, 8, 49, 48, 9, 49, 0}, at::kLong).view({2, 4}));
  return ids;
}

/// The same with more between start and end.
Tensor longer_text() {
  Tensor ids = short_text();
  ids.narrow(1, 0, 6).copy_(at::tensor({48, 7, 8, 9, 49, 0, 48, 9, 7, 49, 0, 0}, at::kLong).view({2, 6}));
  return ids;
}

double largest_difference(const Tensor& a, const Tensor& b) { return (a - b).abs().max().item<double>(); }

double least_cosine(const Tensor& a, const Tensor& b) {
  return at::cosine_similarity(a, b, /*dim=*/1).min().item<double>();
}

class FastForm : public ::testing::TestWithParam<Activation> {
 protected:
  c10::InferenceMode inference_;
  ClipWeights weights_ = random_clip_weights(small_config(GetParam()), Towers::both);
};

TEST_P(FastForm, AgreesWithTheReferenceOnImages) {
  const VisionTower plain(weights_.config, weights_.tensors, {.kernels = CpuKernels::plain});
  const VisionTower packed(weights_.config, weights_.tensors, {.kernels = CpuKernels::packed});
  for (const int count : {1, 5, 70}) {  // one, some for each thread and one over, several groups
    const Tensor images = random_images(count);
    EXPECT_LT(largest_difference(plain.forward(images), packed.forward(images)), 1e-4) << count << " images";
  }
}

TEST_P(FastForm, AgreesWithTheReferenceOnTexts) {
  const TextTower plain(weights_.config, weights_.tensors, {.kernels = CpuKernels::plain});
  const TextTower packed(weights_.config, weights_.tensors, {.kernels = CpuKernels::packed});
  EXPECT_LT(largest_difference(plain.forward(short_text()), packed.forward(short_text())), 1e-4);
}

TEST_P(FastForm, InBfloat16PointsWhereTheReferencePoints) {
  const VisionTower exact(weights_.config, weights_.tensors, {.kernels = CpuKernels::plain});
  const Tensor images = random_images(5);
  for (const CpuKernels kernels : {CpuKernels::plain, CpuKernels::packed}) {
    const VisionTower rounded(weights_.config, weights_.tensors, {.dtype = at::kBFloat16, .kernels = kernels});
    EXPECT_GT(least_cosine(exact.forward(images), rounded.forward(images)), 0.999);
  }
}

INSTANTIATE_TEST_SUITE_P(Activations, FastForm,
                         ::testing::Values(Activation::quick_gelu, Activation::gelu, Activation::gelu_tanh),
                         [](const auto& test) { return std::string(name_of(test.param)); });

/// Learned prompts at the entry of both towers and before one deeper block each.
ClipWeights prompted_weights() {
  ClipWeights weights = random_clip_weights(small_config(), Towers::both);
  const auto add = [&](const char* name, at::IntArrayRef sizes) {
    weights.prompts[name] = at::empty(sizes, at::kFloat).normal_();
  };
  add("visual.VPT", {3, 48});
  add("visual.transformer.resblocks.1.VPT_shallow", {3, 48});
  add("prompt_learner.ctx", {2, 32});
  add("transformer.resblocks.1.VPT_shallow", {2, 32});
  return weights;
}

TEST_P(FastForm, AgreesWithTheReferenceWhereTokensAreLearned) {
  ClipWeights weights = prompted_weights();
  weights.config = small_config(GetParam());
  const TowerOptions plain{.kernels = CpuKernels::plain}, packed{.kernels = CpuKernels::packed};
  const Tensor images = random_images(5);
  EXPECT_LT(largest_difference(VisionTower(weights.config, weights.tensors, plain, weights.prompts).forward(images),
                               VisionTower(weights.config, weights.tensors, packed, weights.prompts).forward(images)),
            1e-4);
  EXPECT_LT(largest_difference(TextTower(weights.config, weights.tensors, plain, weights.prompts).forward(longer_text()),
                               TextTower(weights.config, weights.tensors, packed, weights.prompts).forward(longer_text())),
            1e-4);
}

TEST(LearnedPrompts, EachOfThemChangesItsTower) {
  const c10::InferenceMode inference;
  const ClipWeights weights = prompted_weights();
  const Tensor images = random_images(2);
  for (const CpuKernels kernels : {CpuKernels::plain, CpuKernels::packed}) {
    const TowerOptions options{.kernels = kernels};
    const auto image = [&](const TensorMap& prompts) {
      return VisionTower(weights.config, weights.tensors, options, prompts).forward(images);
    };
    const auto text = [&](const TensorMap& prompts) {
      return TextTower(weights.config, weights.tensors, options, prompts).forward(longer_text());
    };
    for (const auto& [name, tensor] : weights.prompts) {
      TensorMap others = weights.prompts;
      others[name] = tensor.flip(1);  // another vector of the same length
      const bool visual = name.starts_with("visual.");
      EXPECT_GT(largest_difference(visual ? image(weights.prompts) : text(weights.prompts),
                                   visual ? image(others) : text(others)),
                1e-2)
          << name;
    }
  }
}

TEST(LearnedPrompts, OfDeeperBlocksAreAbsentWhereTheWeightsHaveNone) {  // the form for GPUs knows none
  EXPECT_TRUE(vision_prompts({}, 12).deeper.empty());
  const auto weights = prompted_weights();
  const TowerPrompts deep = vision_prompts(weights.prompts, 12);
  ASSERT_FALSE(deep.deeper.empty());
  EXPECT_TRUE(deep.deeper.back().defined());
  EXPECT_EQ(deep.depth(), 2);
}

TEST(LearnedPrompts, ATextMayNotEndWithinThem) {
  const ClipWeights weights = prompted_weights();
  const TextTower tower(weights.config, weights.tensors, {}, weights.prompts);
  EXPECT_THROW(tower.forward(short_text()), Error);  // its second text ends at position 2
}

TEST(Bfloat16, OnARandomVitB16PointsWhereFloat32Points) {
  const c10::InferenceMode inference;
  const ClipWeights weights = random_clip_weights(published_config("ViT-B/16"), Towers::vision);
  const Tensor images = at::empty({2, 3, 224, 224}, at::kFloat).normal_();
  const Tensor exact = VisionTower(weights.config, weights.tensors, {}).forward(images);
  const CpuKernels kernels = packed_products_available(at::kBFloat16) ? CpuKernels::packed : CpuKernels::plain;
  const VisionTower rounded(weights.config, weights.tensors, {.dtype = at::kBFloat16, .kernels = kernels});
  const double cosine = least_cosine(exact, rounded.forward(images));
  std::cout << "cosine of bf16 to fp32: " << cosine << '\n';
  EXPECT_GE(cosine, 0.999);
}

/// Widths that fill tiles.
class Bfloat16Blocks : public testing::TestWithParam<std::tuple<Activation, bool>> {};  // with rotary positions

TEST_P(Bfloat16Blocks, PointWhereFloat32Points) {
  if (!packed_products_available(at::kBFloat16)) {
    GTEST_SKIP() << "this machine has no packed products in bf16";
  }
  const c10::InferenceMode inference;
  const auto [activation, turned] = GetParam();
  ClipConfig config = small_config();
  config.vision = {.width = 128, .layers = 3, .heads = 4, .mlp_width = 512, .activation = activation};
  const ClipWeights weights = random_clip_weights(config, Towers::vision);
  const std::vector<BlockWeights> parts = block_weights(weights.tensors, "visual.transformer.", 3);
  const Rotary rotary = turned ? grid_rotary(/*rows=*/5, /*columns=*/9, /*head_width=*/32, /*class_token=*/false) : Rotary();
  const int threads = at::get_num_threads();
  for (const Mask mask : {Mask::none, Mask::causal}) {
    const auto exact = make_blocks(parts, config.vision, mask, {}, rotary);
    const auto rounded =
        make_blocks(parts, config.vision, mask, {.dtype = at::kBFloat16, .kernels = CpuKernels::packed}, rotary);
    for (const std::int64_t batch : {1, 5}) {
      const Tensor x = at::empty({batch, 45, 128}, at::kFloat).normal_().to(at::kBFloat16);
      const Tensor want = exact->forward(x.to(at::kFloat));
      const std::vector<std::int64_t> rows{44, 0, 31, 32, 7}, some(rows.begin(), rows.begin() + batch);
      for (const int count : {1, 2}) {
        at::set_num_threads(count);
        const Tensor all = rounded->forward(x.clone()).to(at::kFloat), picked = rounded->forward_rows(x.clone(), some);
        EXPECT_GE(at::cosine_similarity(all, want, /*dim=*/2).min().item<double>(), 0.999);
        EXPECT_GE(least_cosine(picked, pick_rows(want, some)), 0.999);
      }
    }
  }
  at::set_num_threads(threads);
}

INSTANTIATE_TEST_SUITE_P(ActivationsAndPositions, Bfloat16Blocks,
                         testing::Combine(testing::Values(Activation::quick_gelu, Activation::gelu, Activation::gelu_tanh),
                                          testing::Bool()));

TEST(Blocks, WeightsOfASmallTypeAreWidenedOneBlockAtATime) {
  ClipWeights weights = random_clip_weights(small_config(), Towers::vision);
  for (auto& [name, tensor] : weights.tensors) {
    tensor = tensor.to(at::kHalf);
  }
  const std::vector<BlockWeights> blocks = block_weights(weights.tensors, "visual.transformer.", 3);
  const Tensor& stored = weights.tensors.at("visual.transformer.resblocks.2.mlp.c_fc.weight");
  EXPECT_EQ(blocks[2].fc_weight.const_data_ptr(), stored.const_data_ptr());  // no memory of its own
  const BlockWeights widened = in_float32(blocks[2]);
  EXPECT_EQ(widened.ln_1_bias.scalar_type(), at::kFloat);
  EXPECT_EQ(largest_difference(widened.fc_weight, stored.to(at::kFloat)), 0);
}

TEST(Blocks, TheLastBlockMayComputeOnlyTheRowsThatAreRead) {
  const c10::InferenceMode inference;
  const ClipWeights weights = random_clip_weights(small_config(), Towers::vision);
  const auto blocks = make_blocks(block_weights(weights.tensors, "visual.transformer.", 3), weights.config.vision,
                                  Mask::none, {.kernels = CpuKernels::packed});
  const Tensor x = at::empty({2, 13, 48}, at::kFloat).normal_();
  const std::vector<std::int64_t> rows{4, 12};
  EXPECT_LT(largest_difference(blocks->forward_rows(x.clone(), rows), pick_rows(blocks->forward(x.clone()), rows)), 1e-5);
}

TEST(VisionTower, TreatsEachImageOfABatchAlone) {
  const c10::InferenceMode inference;
  const ClipWeights weights = random_clip_weights(small_config(), Towers::vision);
  const VisionTower tower(weights.config, weights.tensors, {.kernels = CpuKernels::packed});
  const Tensor images = random_images(3);
  EXPECT_LT(largest_difference(tower.forward(images).narrow(0, 2, 1), tower.forward(images.narrow(0, 2, 1))), 1e-5);
}

TEST(VisionTower, RefusesImagesOfAnotherSize) {
  const ClipWeights weights = random_clip_weights(small_config(), Towers::vision);
  const VisionTower tower(weights.config, weights.tensors, {});
  EXPECT_THROW(tower.forward(at::empty({1, 3, 32, 24}, at::kFloat).zero_()), Error);
}

TEST(TextTower, WhatFollowsTheEndTokenChangesNothing) {
  const c10::InferenceMode inference;
  const ClipWeights weights = random_clip_weights(small_config(), Towers::both);
  const TextTower tower(weights.config, weights.tensors, {});
  Tensor other = short_text();
  other.narrow(1, 4, 16).fill_(11);
  EXPECT_LT(largest_difference(tower.forward(short_text()), tower.forward(other)), 1e-6);
}

TEST(TextTower, RefusesATokenThatTheModelLacks) {
  const ClipWeights weights = random_clip_weights(small_config(), Towers::both);
  const TextTower tower(weights.config, weights.tensors, {});
  Tensor ids = short_text();
  ids[0][1].fill_(50);
  EXPECT_THROW(tower.forward(ids), Error);
}

TEST(PooledPositions, AreTheFirstOfTheHighestToken) {
  const Tensor ids = at::tensor({9, 3, 9, 1, 2, 8}, at::kLong).view({2, 3});
  EXPECT_EQ(pooled_positions(ids, TextPool::argmax, -1), (std::vector<std::int64_t>{0, 2}));
}

TEST(PooledPositions, AreTheFirstEndTokenElseTheFirstPosition) {
  const Tensor ids = at::tensor({9, 3, 3, 1, 2, 8}, at::kLong).view({2, 3});
  EXPECT_EQ(pooled_positions(ids, TextPool::first_eos, 3), (std::vector<std::int64_t>{1, 0}));
}

TEST(Cost, IsWhatThePapersCount) {
  EXPECT_NEAR(macs_per_frame(published_config("ViT-B/32")), 4.41e9, 5e6);
  EXPECT_NEAR(macs_per_frame(published_config("ViT-B/16")), 17.56e9, 5e6);
  EXPECT_NEAR(macs_per_frame(published_config("ViT-L/14")), 81.01e9, 5e6);
  EXPECT_NEAR(macs_per_prompt(published_config("ViT-B/16")), 2.98e9, 5e6);
  EXPECT_NEAR(macs_per_prompt(published_config("ViT-L/14")), 6.65e9, 5e6);
}

}  // namespace
}  // namespace vifi
