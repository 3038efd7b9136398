#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "run.h"
#include "support/clip_list.h"

/// `vifi classify` over every odd clip: it ends, with results or with the cause why there are none.
namespace vifi {
namespace {

Execution classify(const std::vector<std::string>& files) {
  std::vector<std::string> arguments{"classify", "--json", "--no-events", "--timeout", "3", "--"};
  arguments.insert(arguments.end(), files.begin(), files.end());
  return run_vifi(arguments);
}

/// Inputs with at least one result.
std::set<std::string> answered(const std::string& out) {
  std::set<std::string> streams;
  for (const auto& line : lines_of(out)) {
    const auto json = nlohmann::json::parse(line);
    if (json.at("schema") == "vifi.result/1") streams.insert(json.at("stream").get<std::string>());
  }
  return streams;
}

void expect_named_cause(const std::string& file) {
  SCOPED_TRACE(file);
  const Execution run = classify({file});
  EXPECT_EQ(run.status, 1);
  EXPECT_EQ(run.out.find("vifi.result/1"), std::string::npos) << run.out;
  const std::string start = "vifi: [read video] " + file + ": ";
  EXPECT_EQ(run.err.find(start), 0U) << run.err;
  bool named = false;
  for (const char* cause : {"empty", "not a media file", "no playable stream", "no video stream"}) {
    named = named || run.err.find(cause, start.size()) != std::string::npos;
  }
  EXPECT_TRUE(named) << run.err;
  EXPECT_NE(run.err.find("\n  hint: "), std::string::npos) << run.err;
}

void check(const std::filesystem::path& folder) {
  std::vector<std::string> videos;  // one process for all: most of its time goes into loading the model
  for (const Clip& clip : read_clip_list(folder)) {
    if (clip.frames > 0) {
      videos.push_back(clip.path.string());
    } else {
      expect_named_cause(clip.path.string());
    }
  }
  const Execution run = classify(videos);
  EXPECT_EQ(run.status, 0) << run.err;
  const auto streams = answered(run.out);
  for (const auto& video : videos) EXPECT_TRUE(streams.contains(video)) << "no result for " << video;
}

TEST(ClassifyClips, EndWithResultsOrWithTheCause) { check(own_clips()); }

TEST(ClassifyClips, EndWithResultsOrWithTheCauseInTheSharedListToo) {
  const auto folder = shared_clips();
  if (!folder) GTEST_SKIP() << "no shared/data/clips beside the sources and VIFI_SHARED is not set";
  check(*folder);
}

}  // namespace
}  // namespace vifi
