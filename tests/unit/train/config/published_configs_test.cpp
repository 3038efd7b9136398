// Our configurations of the paper's experiments say what the paper's table of settings says.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "config/config.h"

namespace vifi::train {
namespace {

namespace fs = std::filesystem;

fs::path folder() {
  return fs::path(std::getenv("VIFI_TEST_DATA")) / "../../training/configs";
}

/// The settings of one file; a step has `accumulation` batches of 4 clips on each of 8 devices.
struct Experiment {
  std::string file;
  int frames, accumulation, epochs;
  double lr;
  int save_every;
  std::string use;
  bool vanilla = false;
  int context = 0, depth = 0;  // 0: no prompts
};

const std::vector<Experiment>& experiments() {
  static const std::vector<Experiment> all{
      {"zero-shot/vanilla.yaml", 32, 8, 10, 8e-6, 1, "both", true},
      {"zero-shot/image.yaml", 32, 8, 10, 8e-6, 1, "image"},
      {"zero-shot/text.yaml", 32, 8, 10, 8e-6, 1, "text"},
      {"zero-shot/both.yaml", 32, 8, 10, 8e-6, 1, "both"},
      {"base-to-novel/vanilla.yaml", 32, 2, 11, 2e-6, 10, "both", true},
      {"base-to-novel/image.yaml", 32, 2, 11, 2e-6, 10, "image"},
      {"base-to-novel/text.yaml", 32, 2, 11, 2e-6, 10, "text"},
      {"base-to-novel/both.yaml", 32, 2, 11, 2e-6, 10, "both"},
      {"base-to-novel/prompt.yaml", 32, 2, 11, 4e-2, 10, "both", false, 16, 9},
      {"few-shot/vanilla.yaml", 32, 2, 50, 2e-6, 10, "both", true},
      {"few-shot/image.yaml", 32, 2, 50, 2e-6, 10, "image"},
      {"few-shot/text.yaml", 32, 2, 50, 2e-6, 10, "text"},
      {"few-shot/both.yaml", 32, 2, 50, 2e-6, 10, "both"},
      {"few-shot/prompt.yaml", 32, 2, 50, 8e-3, 10, "both", false, 10, 12},
      {"supervised/vanilla.yaml", 16, 8, 30, 8e-6, 1, "both", true},
      {"supervised/image.yaml", 16, 8, 30, 8e-6, 1, "image"},
      {"supervised/text.yaml", 16, 8, 30, 8e-6, 1, "text"},
      {"supervised/both.yaml", 16, 16, 30, 2.2e-5, 1, "both"},
  };
  return all;
}

TEST(PublishedConfigs, SayWhatThePaperSays) {
  for (const Experiment& expected : experiments()) {
    SCOPED_TRACE(expected.file);
    const Config config = resolve_config((folder() / expected.file).string(), {}, {});
    EXPECT_EQ(config.text("MODEL.ARCH"), "ViT-B/16");
    EXPECT_EQ(config.integer("DATA.INPUT_SIZE"), 224);
    EXPECT_EQ(config.integer("DATA.NUM_FRAMES"), expected.frames);
    EXPECT_EQ(config.integer("TRAIN.BATCH_SIZE"), 4);
    EXPECT_EQ(config.integer("TRAIN.ACCUMULATION_STEPS"), expected.accumulation);
    EXPECT_EQ(config.integer("TRAIN.EPOCHS"), expected.epochs);
    EXPECT_EQ(config.integer("TRAIN.WARMUP_EPOCHS"), 5);
    EXPECT_EQ(config.real("TRAIN.LR"), expected.lr);
    EXPECT_EQ(config.integer("SAVE_FREQ"), expected.save_every);
    EXPECT_EQ(config.text("TRAINER.ViFi_CLIP.USE"), expected.use);
    EXPECT_EQ(config.flag("TRAINER.ViFi_CLIP.ZS_EVAL"), expected.vanilla);
    EXPECT_EQ(config.flag("TRAINER.ViFi_CLIP.PROMPT_MODEL"), expected.context > 0);
    if (expected.context > 0) {
      for (const char* side : {"VISION", "TEXT"}) {
        EXPECT_EQ(config.integer(std::string("TRAINER.ViFi_CLIP.N_CTX_") + side), expected.context);
        EXPECT_EQ(config.integer(std::string("TRAINER.ViFi_CLIP.PROMPT_DEPTH_") + side), expected.depth);
      }
    }
  }
}

TEST(PublishedConfigs, EveryFileIsOneOfThem) {
  for (const char* protocol : {"zero-shot", "base-to-novel", "few-shot", "supervised"}) {
    for (const auto& entry : fs::directory_iterator(folder() / protocol)) {
      const std::string file = std::string(protocol) + "/" + entry.path().filename().string();
      const bool known = std::any_of(experiments().begin(), experiments().end(),
                                     [&](const Experiment& experiment) { return experiment.file == file; });
      EXPECT_TRUE(known || entry.path().filename() == "base.yaml") << file;
    }
  }
}

}  // namespace
}  // namespace vifi::train
