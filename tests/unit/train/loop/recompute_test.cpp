// TRAIN.USE_CHECKPOINT: blocks that are computed once more in the backward pass give the same gradients, to the bit.
#include <ATen/Context.h>
#include <ATen/autocast_mode.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/tensor.h>

#include "optim/losses.h"
#include "protocols/class_prompts.h"
#include "recomputing_nodes.h"
#include "trainer_fixture.h"

namespace vifi::train {
namespace {

struct Recompute : TrainerTest {
  /// All parameters' gradients; of frozen ones undefined tensors.
  std::vector<at::Tensor> gradients(bool recompute, Arithmetic arithmetic, int* nodes) {
    config_.set("TRAIN.USE_CHECKPOINT", recompute, "test");
    const auto model = trainable_of(config_);
    at::manual_seed(3);
    const at::Tensor clips = at::rand({2, 2, 3, 64, 64});
    at::autocast::set_autocast_enabled(at::kCPU, arithmetic == Arithmetic::bf16);  // bf16 is its type there
    const at::Tensor text = model->text_features(prompt_ids(model->recipe(), labels_));
    const at::Tensor loss =
        soft_target_loss(model->logits(clips, text), smoothed_targets(at::tensor({0, 2}, at::kLong), 3, 0.1));
    at::autocast::set_autocast_enabled(at::kCPU, false);
    at::autocast::clear_cache();
    *nodes = recomputing_nodes(loss);
    loss.backward();
    std::vector<at::Tensor> all;
    for (const Parameter& parameter : model->parameters()) {
      all.push_back(parameter.value.grad());
    }
    return all;
  }

  void expect_same_gradients(Arithmetic arithmetic, int nodes_expected) {
    int nodes = 0;
    const std::vector<at::Tensor> kept = gradients(false, arithmetic, &nodes);
    EXPECT_EQ(nodes, 0);
    const std::vector<at::Tensor> again = gradients(true, arithmetic, &nodes);
    EXPECT_EQ(nodes, nodes_expected);
    std::size_t compared = 0;
    ASSERT_EQ(kept.size(), again.size());
    for (std::size_t i = 0; i < kept.size(); ++i) {
      ASSERT_EQ(kept[i].defined(), again[i].defined()) << "parameter " << i;
      if (kept[i].defined()) {
        EXPECT_TRUE(at::equal(kept[i], again[i])) << "parameter " << i;
        ++compared;
      }
    }
    EXPECT_GT(compared, 3U);
  }

  // Of the bundled model; a stack's last block is never computed again.
  static constexpr int kImageBlocks = 4 - 1, kTextBlocks = 2 - 1;
};

TEST_F(Recompute, GivesTheSameGradients) {
  expect_same_gradients(Arithmetic::fp32, kImageBlocks + kTextBlocks);
}

TEST_F(Recompute, GivesTheSameGradientsInBf16) {
  expect_same_gradients(Arithmetic::bf16, kImageBlocks + kTextBlocks);
}

TEST_F(Recompute, LeavesAFrozenTowerAlone) {
  config_.set("TRAINER.ViFi_CLIP.USE", "image", "test");
  expect_same_gradients(Arithmetic::fp32, kImageBlocks);
}

TEST_F(Recompute, GivesTheSameGradientsToDeepPrompts) {
  config_.set("TRAINER.ViFi_CLIP.PROMPT_MODEL", true, "test");
  config_.set("TRAINER.ViFi_CLIP.CTX_INIT", "", "test");
  for (const char* key : {"N_CTX_VISION", "N_CTX_TEXT", "PROMPT_DEPTH_VISION", "PROMPT_DEPTH_TEXT"}) {
    config_.set(std::string("TRAINER.ViFi_CLIP.") + key, 2, "test");
  }
  expect_same_gradients(Arithmetic::fp32, kImageBlocks + kTextBlocks);
}

}  // namespace
}  // namespace vifi::train
