#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "../tools/run.h"
#include "support/lockstep_run.h"

/// The prototype's model on whole videos: against results that another program computed with it, and against itself by
/// every way that a video can take through the project.
namespace vifi::testing {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr int kFrames = 16;
constexpr std::uint64_t kPeriod = 250'000'000;
constexpr std::uint64_t kWindow = kFrames * kPeriod;

struct Video {
  const char* name;
  double hop_accuracy;  ///< of the prototype
  /// The prototype's colours are swscale's, up to 3 levels off the exact ones; with them its probabilities come back.
  /// The difference tells most where no label fits: in the scenes of match3 without an action.
  double probability_tolerance = 0.02;
};

void PrintTo(const Video& video, std::ostream* out) {
  *out << video.name;
}

/// Where a video and what is known of it lie.
struct Files {
  fs::path video;
  fs::path timeline;
  fs::path windows;
};

/// @return nothing for a video that this machine does not have
std::optional<Files> files_of(const std::string& name) {
  const fs::path data = std::getenv("VIFI_TEST_DATA");
  const fs::path own = data / "mini";
  if (name == "demo") {
    const fs::path media = data / ".." / ".." / "pipelines" / "media";
    return Files{media / "demo.mp4", media / "demo.timeline.json", own / "demo.windows.json"};
  }
  const char* set = std::getenv("VIFI_SHARED");
  const fs::path shared = (set != nullptr ? fs::path(set) : data / ".." / ".." / ".." / "shared") / "data" / "mini";
  for (const fs::path& folder : {own, shared / "broadcasts"}) {
    const fs::path stem = folder / name;
    if (fs::exists(stem.string() + ".mp4")) {
      return Files{stem.string() + ".mp4", stem.string() + ".timeline.json", stem.string() + ".windows.json"};
    }
  }
  return std::nullopt;
}

std::string text_of(double value) {
  std::ostringstream text;
  text << value;
  return text.str();
}

json read_json(const fs::path& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file) << path;
  return json::parse(file);
}

/// Every test of a video looks at the same run of it.
const LockstepRun& run_of(const Files& files) {
  static std::map<fs::path, LockstepRun> runs;
  const auto found = runs.find(files.video);
  if (found != runs.end()) return found->second;
  return runs.emplace(files.video, run_in_lockstep(files.video, "top-k=16")).first->second;
}

/// Every window of the file: its time, its best label and all probabilities.
/// @return largest difference of a probability
double expect_windows(const std::vector<SeenResult>& results, const json& reference, double tolerance) {
  const auto& windows = reference.at("windows");
  EXPECT_GE(results.size(), windows.size());
  EXPECT_LE(results.size(), windows.size() + 1);  // a last one at EOS
  const auto labels = reference.at("labels").get<std::vector<std::string>>();
  double largest = 0;
  for (std::size_t i = 0; i < std::min(windows.size(), results.size()); ++i) {
    SCOPED_TRACE("window " + std::to_string(i));
    EXPECT_NEAR(static_cast<double>(results[i].pts), windows[i].at("pts_ns").get<double>(), 2);
    const auto expected = windows[i].at("prob").get<std::vector<double>>();
    double first = 0;
    double second = 0;
    for (std::size_t l = 0; l < labels.size(); ++l) {
      const double score = results[i].score_of(labels[l]);
      EXPECT_NEAR(score, expected[l], tolerance) << labels[l];
      largest = std::max(largest, std::abs(score - expected[l]));
      if (expected[l] > first) {
        second = std::exchange(first, expected[l]);
      } else {
        second = std::max(second, expected[l]);
      }
    }
    if (first - second > 2 * tolerance) {
      EXPECT_EQ(results[i].top(), labels[windows[i].at("top").get<std::size_t>()]);
    }
  }
  return largest;
}

/// The action whose segment holds at least 12 of a window's 16 grid times; empty: none does.
std::string action_in(const json& timeline, std::uint64_t start_ns) {
  for (const auto& segment : timeline.at("segments")) {
    if (segment.at("kind") != "action") continue;
    int inside = 0;
    for (int k = 0; k < kFrames; ++k) {
      const double time = static_cast<double>(start_ns + k * kPeriod) / 1e9;
      inside += time >= segment.at("start_s").get<double>() && time < segment.at("end_s").get<double>() ? 1 : 0;
    }
    if (inside >= 12) return segment.at("label");
  }
  return "";
}

/// @return largest difference of a score or similarity
double expect_equal(const std::vector<SeenResult>& got, const std::vector<SeenResult>& expected) {
  constexpr double kTolerance = 1e-5;
  EXPECT_EQ(got.size(), expected.size());
  double largest = 0;
  for (std::size_t i = 0; i < std::min(got.size(), expected.size()); ++i) {
    SCOPED_TRACE("result " + std::to_string(i));
    EXPECT_EQ(got[i].seq, expected[i].seq);
    EXPECT_EQ(got[i].start, expected[i].start);
    EXPECT_EQ(got[i].end, expected[i].end);
    EXPECT_EQ(got[i].pts, expected[i].pts);
    EXPECT_EQ(got[i].accepted, expected[i].accepted);
    EXPECT_EQ(got[i].model, expected[i].model);
    EXPECT_EQ(got[i].ids, expected[i].ids);
    EXPECT_EQ(got[i].labels, expected[i].labels);
    if (got[i].labels != expected[i].labels) continue;
    for (std::size_t l = 0; l < expected[i].labels.size(); ++l) {
      EXPECT_NEAR(got[i].scores[l], expected[i].scores[l], kTolerance) << expected[i].labels[l];
      EXPECT_NEAR(got[i].similarities[l], expected[i].similarities[l], kTolerance) << expected[i].labels[l];
      largest = std::max({largest, std::abs(got[i].scores[l] - expected[i].scores[l]),
                          std::abs(got[i].similarities[l] - expected[i].similarities[l])});
    }
  }
  return largest;
}

/// What `vifi classify --json` printed.
std::vector<SeenResult> results_in(const std::string& text) {
  std::vector<SeenResult> results;
  for (const std::string& line : lines_of(text)) {
    const json object = json::parse(line);
    SeenResult result;
    result.seq = object.at("seq");
    result.start = object.at("start_ns");
    result.end = object.at("end_ns");
    result.pts = object.at("pts_ns");
    result.accepted = object.at("accepted");
    result.model = object.at("model");
    for (const json& label : object.at("labels")) {
      result.labels.push_back(label.at("name"));
      result.ids.push_back(label.at("id"));
      result.scores.push_back(label.at("score"));
      result.similarities.push_back(label.at("similarity"));
    }
    results.push_back(std::move(result));
  }
  return results;
}

class Mini : public ::testing::TestWithParam<Video> {
 protected:
  void SetUp() override {
    const auto found = files_of(GetParam().name);
    if (!found) GTEST_SKIP() << "no shared/data/mini beside the sources and VIFI_SHARED is not set";
    files_ = *found;
  }
  const LockstepRun& run() const { return run_of(files_); }
  json windows() const { return read_json(files_.windows); }

  Files files_;
};

TEST_P(Mini, SamplesTheReferencesFramesForEveryWindow) {
  const json reference = windows().at("windows");
  ASSERT_GE(run().sync.size(), reference.size());
  for (std::size_t i = 0; i < reference.size(); ++i) {
    SCOPED_TRACE("window " + std::to_string(i));
    const SeenResult& result = run().sync[i];
    ASSERT_EQ(result.end - result.start, kWindow);
    ASSERT_EQ((result.start - run().sync[0].start) % kPeriod, 0U);
    const std::size_t point = (result.start - run().sync[0].start) / kPeriod;
    ASSERT_LE(point + kFrames, run().represented_by.size());
    const auto first = run().represented_by.begin() + static_cast<std::ptrdiff_t>(point);
    EXPECT_EQ(std::vector<int>(first, first + kFrames), reference[i].at("frames").get<std::vector<int>>());
  }
}

TEST_P(Mini, GivesTheReferencesProbabilities) {
  const double largest = expect_windows(run().sync, windows(), GetParam().probability_tolerance);
  RecordProperty("largest-difference", text_of(largest));
}

TEST_P(Mini, ReachesTheReferencesHopAccuracy) {
  const json reference = windows().at("windows");
  const json timeline = read_json(files_.timeline);
  ASSERT_GE(run().sync.size(), reference.size());
  int scored = 0;
  int hits = 0;
  for (std::size_t i = 0; i < reference.size(); ++i) {
    const std::string action = action_in(timeline, run().sync[i].start);
    EXPECT_EQ(!action.empty(), reference[i].contains("hit")) << "window " << i;
    if (action.empty()) continue;
    ++scored;
    hits += run().sync[i].top() == action ? 1 : 0;
  }
  ASSERT_GT(scored, 0);
  const double accuracy = static_cast<double>(hits) / scored;
  RecordProperty("hop-accuracy", std::to_string(accuracy));
  EXPECT_NEAR(accuracy, GetParam().hop_accuracy, 0.01) << hits << " of " << scored;
}

TEST_P(Mini, EqualsTheCommandClassify) {
  if (std::getenv("VIFI_TOOL") == nullptr) GTEST_SKIP() << "the command vifi was not built (no CLI11)";
  const Execution command = run_vifi({"classify", "--json", "--no-events", "--top-k", "16", files_.video.string()});
  ASSERT_EQ(command.status, 0) << command.err;
  ASSERT_GE(run().sync.size(), windows().at("windows").size());
  RecordProperty("largest-difference", text_of(expect_equal(run().sync, results_in(command.out))));
}

TEST_P(Mini, AsyncInLockstepEqualsSync) {
  ASSERT_GE(run().sync.size(), windows().at("windows").size());
  EXPECT_EQ(run().async_dropped, 0U);
  RecordProperty("largest-difference", text_of(expect_equal(run().async, run().sync)));
}

INSTANTIATE_TEST_SUITE_P(Videos, Mini,
                         ::testing::Values(Video{"demo", 1.0}, Video{"match1", 0.825}, Video{"match2", 1.0},
                                           Video{"match3", 0.864, 0.08}),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(MiniLabels, ItsOwnLabelsGivenAsTextChangeNothing) {
  const Files demo = *files_of("demo");
  const json reference = read_json(demo.windows);
  std::string text;
  for (const std::string label : reference.at("labels"))
    text += (text.empty() ? "" : ";") + label;
  expect_equal(run_in_lockstep(demo.video, "top-k=16 labels=\"" + text + "\"").sync, run_of(demo).sync);
}

}  // namespace
}  // namespace vifi::testing
