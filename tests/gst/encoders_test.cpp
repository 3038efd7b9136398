#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "../tools/run.h"
#include "support/lockstep_run.h"
#include "support/tiny_models.h"

/// Tiny models of other kinds than the bundled one in the element: what it prints is what the command prints.
namespace vifi::testing {
namespace {

using nlohmann::json;

void expect_what_the_command_prints(const std::string& model) {
  const std::string video = std::string(std::getenv("VIFI_TEST_DATA")) + "/clips/vfr.mp4";
  const std::string labels = "walking;running;riding a horse";
  const LockstepRun run = run_in_lockstep(video, "model-file=\"" + model + "\" labels=\"" + labels + "\"");
  ASSERT_FALSE(run.sync.empty());
  ASSERT_EQ(run.sync.back().labels.size(), 3U);
  EXPECT_EQ(run.async.size(), run.sync.size());
  if (std::getenv("VIFI_TOOL") == nullptr) GTEST_SKIP() << "the command vifi was not built (no CLI11)";
  const Execution command = run_vifi({"classify", "--json", "--no-events", "--model", model, "--labels", labels, video});
  ASSERT_EQ(command.status, 0) << command.err;
  const auto lines = lines_of(command.out);
  ASSERT_EQ(lines.size(), run.sync.size());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const json result = json::parse(lines[i]);
    for (const json& label : result.at("labels")) {
      EXPECT_NEAR(run.sync[i].score_of(label.at("name")), label.at("score").get<double>(), 1e-4) << "result " << i;
    }
  }
}

TEST(Encoders, ASiglipFolderRunsInTheElement) {
  const ScratchFolder scratch;
  expect_what_the_command_prints(write_tiny_siglip(scratch.make("siglip")));
}

TEST(Encoders, APeCoreBundleRunsInTheElement) {
  const ScratchFolder scratch;
  const auto folder = scratch.make("pe");
  write_tiny_pe_core(folder);
  expect_what_the_command_prints(write_bundle(folder, "open_clip_model.safetensors", R"(, "method": "pe-core")"));
}

}  // namespace
}  // namespace vifi::testing
