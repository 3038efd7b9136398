#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "run.h"
#include "support/clip_list.h"

/// `vifi classify` over every odd clip: it ends, with results or with the cause why there are none.
namespace vifi {
namespace {

Execution classify(const std::vector<std::string>& files) {
  std::vector<std::string> arguments{"classify", "--json", "--no-events", "--timeout", "10", "--"};
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

/// What is said of a file: the line of its error and that of the hint; empty for none.
std::string said_of(const std::string& file, const std::string& err) {
  const std::string start = "vifi: [read video] " + file + ": ";
  const auto at = err.find(start);
  if (at == std::string::npos) return "";
  const auto begin = at + start.size();
  return err.substr(begin, err.find("\nvifi: ", begin) - begin);
}

void expect_cause(const std::string& file, const std::string& err) {
  const std::string said = said_of(file, err);
  // At times decodebin loses the error of a file whose index is missing: then it is the time limit that ends the wait.
  bool named = false;
  for (const char* cause : {"empty", "not a media file", "no playable stream", "no video stream",
                            "no frame came within 10 s"}) {
    named = named || said.find(cause) != std::string::npos;
  }
  EXPECT_TRUE(named) << file << "\n" << err;
  EXPECT_NE(said.find("\n  hint: "), std::string::npos) << file << "\n" << err;
}

/// One process for all that have video and one for all others: most of its time goes into loading the engine.
void check(const std::filesystem::path& folder) {
  std::vector<std::string> videos;
  std::vector<std::string> others;
  for (const Clip& clip : read_clip_list(folder)) (clip.frames > 0 ? videos : others).push_back(clip.path.string());

  const Execution good = classify(videos);
  EXPECT_EQ(good.status, 0) << good.err;
  const auto streams = answered(good.out);
  for (const auto& video : videos) EXPECT_TRUE(streams.contains(video)) << "no result for " << video;

  const Execution bad = classify(others);
  EXPECT_EQ(bad.status, 1);
  EXPECT_TRUE(answered(bad.out).empty()) << bad.out;
  for (const auto& other : others) expect_cause(other, bad.err);
}

TEST(ClassifyClips, EndWithResultsOrWithTheCause) { check(own_clips()); }

TEST(ClassifyClips, EndWithResultsOrWithTheCauseInTheSharedListToo) {
  const auto folder = shared_clips();
  if (!folder) GTEST_SKIP() << "no shared/data/clips beside the sources and VIFI_SHARED is not set";
  check(*folder);
}

}  // namespace
}  // namespace vifi
