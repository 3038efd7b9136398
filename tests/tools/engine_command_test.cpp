#include <gtest/gtest.h>

#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "run.h"
#include "support/clip_list.h"
#include "support/temporary_folder.h"

/// What needs the engine and the default model.
namespace vifi {
namespace {

using Json = nlohmann::json;

Json json_file(const std::string& path) {
  std::ifstream stream(path);
  return Json::parse(stream);
}

std::vector<Json> json_lines(const std::string& text, const std::string& schema) {
  std::vector<Json> found;
  for (const auto& line : lines_of(text)) {
    Json json = Json::parse(line);
    if (json.at("schema") == schema) found.push_back(std::move(json));
  }
  return found;
}

std::string demo() { return source_file("pipelines/media/demo.mp4"); }

/// The action of the segment that covers at least 12 of a window's 16 grid points; empty for none.
std::string action_in(const Json& timeline, std::int64_t start_ns) {
  for (const Json& segment : timeline.at("segments")) {
    int inside = 0;
    for (int point = 0; point < 16; ++point) {
      const double time_s = static_cast<double>(start_ns + point * 250'000'000LL) / 1e9;
      inside += time_s >= segment.at("start_s") && time_s < segment.at("end_s") ? 1 : 0;
    }
    if (inside >= 12 && segment.at("label").is_string()) return segment.at("label");
  }
  return "";
}

TEST(Classify, RecognisesTheActionsOfTheDemo) {
  const Execution run = run_vifi({"classify", "--json", demo()});
  ASSERT_EQ(run.status, 0) << run.err;
  const auto results = json_lines(run.out, "vifi.result/1");
  const Json expected = json_file(test_file("mini/demo.windows.json")).at("windows");
  ASSERT_GE(results.size(), expected.size());
  const Json timeline = json_file(source_file("pipelines/media/demo.timeline.json"));
  int scored = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(results[i].at("stream"), demo());
    EXPECT_EQ(results[i].at("seq"), i);
    EXPECT_NEAR(results[i].at("pts_ns").get<double>(), expected[i].at("pts_ns").get<double>(), 2);
    const std::string action = action_in(timeline, results[i].at("start_ns"));
    if (action.empty()) continue;
    ++scored;
    EXPECT_EQ(results[i].at("labels").at(0).at("name"), action) << "result " << i;
  }
  EXPECT_EQ(scored, 14);
}

TEST(Classify, EventsFollowTheActions) {
  const Execution run = run_vifi({"classify", "--json", demo()});
  ASSERT_EQ(run.status, 0) << run.err;
  std::size_t starts = 0;
  std::size_t ends = 0;
  for (const Json& event : json_lines(run.out, "vifi.event/1")) {
    starts += event.at("phase") == "start" ? 1 : 0;
    ends += event.at("phase") == "end" ? 1 : 0;
  }
  EXPECT_GE(starts, 3U);
  EXPECT_EQ(starts, ends);
  EXPECT_TRUE(json_lines(run_vifi({"classify", "--json", "--no-events", demo()}).out, "vifi.event/1").empty());
}

TEST(Classify, OneScoreForTheWholeVideo) {
  const Execution run = run_vifi({"classify", "--json", "--protocol", "video", "--top-k", "16", demo()});
  ASSERT_EQ(run.status, 0) << run.err;
  const auto results = json_lines(run.out, "vifi.result/1");
  ASSERT_EQ(results.size(), 1U);
  EXPECT_EQ(results[0].at("start_ns"), 0);
  EXPECT_NEAR(results[0].at("end_ns").get<double>(), 20e9, 1e6);
  double sum = 0;
  for (const Json& label : results[0].at("labels")) sum += label.at("score").get<double>();
  EXPECT_NEAR(sum, 1, 1e-5);
}

TEST(Classify, LabelsAreWhatTheUserSays) {
  const Execution run = run_vifi({"classify", "--json", "--no-events", "--top-k", "2", "--labels",
                            "playing a guitar;doing push-ups", "--background-labels", "an empty room", demo()});
  ASSERT_EQ(run.status, 0) << run.err;
  const Json first = json_lines(run.out, "vifi.result/1").at(0);
  EXPECT_EQ(first.at("labels").size(), 2U);
  EXPECT_EQ(first.at("labels").at(0).at("name"), "playing a guitar");
  EXPECT_GT(first.at("background").get<double>(), 0);
}

TEST(Classify, ABrokenInputDoesNotStopTheOthers) {
  const std::string single = test_file("clips/single_frame.mp4");
  const Execution run = run_vifi({"classify", "--json", "--no-events", "no/such.mp4", single});
  EXPECT_EQ(run.status, 1);
  EXPECT_EQ(run.err.find("vifi: [read video] no/such.mp4: no such file\n  hint: "), 0U) << run.err;
  const auto results = json_lines(run.out, "vifi.result/1");
  ASSERT_EQ(results.size(), 1U);
  EXPECT_EQ(results[0].at("stream"), single);
}

TEST(Classify, AVideoWithoutAnEndGivesWhatThereIs) {
  const Execution run = run_vifi({"classify", "--json", "--timeout", "10", test_file("clips/anim.gif")});
  EXPECT_EQ(run.status, 0) << run.err;
  if (is_measured_gstreamer()) {  // elsewhere the clip, a GIF, has an end
    EXPECT_NE(run.err.find("no frame for 10 s"), std::string::npos) << run.err;
  }
  EXPECT_EQ(json_lines(run.out, "vifi.result/1").size(), 1U);
}

TEST(Classify, TheTableAlignsItsColumns) {
  const Execution run = run_vifi({"classify", demo()});
  ASSERT_EQ(run.status, 0) << run.err;
  const auto lines = lines_of(run.out);
  ASSERT_GT(lines.size(), 17U);
  EXPECT_EQ(lines[0].find(demo()), 0U);
  EXPECT_EQ(lines[1].find("  00:00:00.000–00:00:04.000  playing a guitar"), 0U) << lines[1];
  const auto column = lines[1].find(" %");
  for (int i = 2; i < 17; ++i) EXPECT_EQ(lines[i].find(" %"), column) << lines[i];
}

TEST(Classify, CsvHasOneLineForEachLabel) {
  const Execution run = run_vifi({"classify", "--csv", "--top-k", "3", test_file("clips/single_frame.mp4")});
  ASSERT_EQ(run.status, 0) << run.err;
  const auto lines = lines_of(run.out);
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_EQ(lines[0], "stream,seq,start_ns,end_ns,pts_ns,accepted,background,rank,id,label,score,similarity");
}

TEST(Encode, EmbeddingsHaveLengthOne) {
  const Execution run = run_vifi({"encode", "--text", "a photo of a cat.", test_file("clips/vfr.mp4")});
  ASSERT_EQ(run.status, 0) << run.err;
  const auto lines = json_lines(run.out, "vifi.embedding/1");
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].at("text"), "a photo of a cat.");
  for (const Json& line : lines) {
    double square = 0;
    for (const Json& value : line.at("embedding")) square += value.get<double>() * value.get<double>();
    EXPECT_NEAR(std::sqrt(square), 1, 1e-4);
  }
}

TEST(Inspect, DescribesTheDefaultModel) {
  const Execution run = run_vifi({"inspect", "--json", "--tensors"});
  ASSERT_EQ(run.status, 0) << run.err;
  const Json json = Json::parse(run.out);
  EXPECT_EQ(json.at("method"), "vifi-clip");
  EXPECT_EQ(json.at("window").at("frames"), 16);
  EXPECT_EQ(json.at("labels").size(), 16U);
  EXPECT_GT(json.at("tensors").size(), 50U);
  EXPECT_EQ(json.at("preprocess").at("rounding"), "float");
  EXPECT_EQ(json.at("preprocess").at("crop_offset"), "half-even");
  EXPECT_EQ(run_vifi({"inspect"}).status, 0);
}

TEST(Inspect, NamesWhatIsNotThere) {
  const Execution run = run_vifi({"inspect", "no/such.pt"});
  EXPECT_EQ(run.status, 1);
  EXPECT_NE(run.err.find("no/such.pt"), std::string::npos) << run.err;
}

/// A folder that vanishes with the test.
class Scratch {
 public:
  Scratch() : path_(std::filesystem::temp_directory_path() / ("vifi-tool-test-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(path_);
  }
  ~Scratch() { std::filesystem::remove_all(path_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

TEST(Convert, MakesWhatInspectReadsBack) {
  const Scratch scratch;
  const std::string data = test_file("golden/vifi-forward/_files/");
  const Execution bare = run_vifi({"inspect", data + "prompt-deep.pth"});
  EXPECT_EQ(bare.status, 1);
  EXPECT_NE(bare.err.find("vifi convert --base CLIP.pt"), std::string::npos) << bare.err;

  const std::string bundle = scratch / "bundle";
  const std::vector<std::string> convert{"convert", "--base", data + "token-embedding-p.safetensors",
                                         data + "prompt-deep.pth", bundle};
  const Execution first = run_vifi(convert);
  ASSERT_EQ(first.status, 0) << first.err;
  const Execution inspect = run_vifi({"inspect", "--json", bundle});
  ASSERT_EQ(inspect.status, 0) << inspect.err;
  const Json prompts = Json::parse(inspect.out).at("learned_prompts");
  EXPECT_EQ(prompts.at("vision"), Json({{"tokens", 5}, {"depth", 2}}));
  EXPECT_EQ(prompts.at("text"), Json({{"tokens", 6}, {"depth", 2}}));
  EXPECT_NE(run_vifi({"inspect", bundle}).out.find("vision prompts: 5 tokens, depth 2"), std::string::npos);

  const Execution again = run_vifi(convert);
  EXPECT_EQ(again.status, 1);
  EXPECT_NE(again.err.find("exists; nothing was written"), std::string::npos) << again.err;
  EXPECT_EQ(run_vifi({"convert", "--with", "x.pt", bundle, scratch / "other"}).status, 2);
  EXPECT_EQ(run_vifi({"convert", "--to", "hugging-face", source_file("models/mini"), scratch / "hf"}).status, 0);
}

TEST(Doctor, IsContentWithACompleteBuild) {
  const Execution run = run_vifi({"doctor"});
  EXPECT_EQ(run.status, 0) << run.out;
  EXPECT_NE(run.out.find("libtorch"), std::string::npos) << run.out;
}

TEST(Doctor, SaysWhetherTheProcessorMultipliesBf16) {
  std::ifstream file("/proc/cpuinfo");
  const std::string processor{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const bool pays = processor.find("_bf16") != std::string::npos;  // avx512_bf16, amx_bf16
  const Execution run = run_vifi({"doctor"});
  EXPECT_EQ(run.out.find("--precision bf16") != std::string::npos, pays) << run.out;
}

/// Of the stored broadcast.
Json event_scores(const std::vector<std::string>& more) {
  std::vector<std::string> words{"eval", "--timeline", test_file("mini"), "--json"};
  words.insert(words.end(), more.begin(), more.end());
  const Execution run = run_vifi(words);
  EXPECT_EQ(run.status, 0) << run.err;
  const auto lines = json_lines(run.out, "vifi.event-scores/1");
  EXPECT_EQ(lines.size(), 2U) << run.out;  // the video, and all
  return lines.back();
}

TEST(EvalTimeline, BackgroundsSilenceWhatIsNoAction) {
  // The bundled model gives no false alarms to silence here.
  const std::string model = test_file("mini/prototype");
  const Json plain = event_scores({"--model", model});
  const Json quiet = event_scores({"--model", model, "--background-labels", "nobody;a person stands still", "--smoothing", "0.5",
                                   "--enter-threshold", "0.7"});
  EXPECT_EQ(plain["actions"], 11);
  EXPECT_GT(plain["f1_at_50"], 0.4);
  EXPECT_GT(plain["false_alarms"], 0);
  EXPECT_GT(quiet["f1_at_50"], plain["f1_at_50"].get<double>());
  EXPECT_EQ(quiet["false_alarms"], 0);
  EXPECT_LT(quiet["median_delay_s"], 4);
}

TEST(EvalTimeline, FindsTheBundledModelAsGoodAsThePrototypes) {
  const Json bundled = event_scores({}), prototype = event_scores({"--model", test_file("mini/prototype")});
  // As another program found in the same windows (hop accuracy 0.825 of 40); its rule takes the frames' times.
  EXPECT_NEAR(prototype["windows"], 40, 2);
  EXPECT_NEAR(prototype["window_accuracy"], 0.825, 0.03);
  EXPECT_EQ(bundled["windows"], prototype["windows"]);
  EXPECT_GE(bundled["window_accuracy"], prototype["window_accuracy"].get<double>());
}

TEST(EvalTimeline, NamesTheTimelineThatIsMissing) {
  const Execution run = run_vifi({"eval", "--timeline=" + test_file("clips/single_frame.mp4")});
  EXPECT_EQ(run.status, 1);
  EXPECT_NE(run.err.find("single_frame.timeline.json: no such file"), std::string::npos) << run.err;
}

TEST(EvalTimeline, HelpsWhereItsOptionIsNamedAlone) {
  const Execution run = run_vifi({"eval", "--timeline", "--help"});
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_NE(run.out.find("Scores events against timelines"), std::string::npos) << run.out;
}

TEST(Calibrate, StoresWhatItFound) {
  TemporaryFolder folder;
  std::filesystem::copy(test_file("mini/prototype"), folder.path("model"));
  const std::string timeline = test_file("mini/match1.timeline.json");
  const Execution run = run_vifi({"calibrate", timeline, "--held-back", timeline, "--candidate", "nobody", "--model",
                                  folder.path("model"), "--store", folder.path("model")});
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_NE(run.out.find("background labels: nobody\n"), std::string::npos) << run.out;
  EXPECT_NE(run.out.find("1 - background"), std::string::npos) << run.out;
  const Json bundle = json_file(folder.path("model/vifi.json"));
  EXPECT_EQ(bundle.value("background_labels", Json()), Json::parse(R"(["nobody"])"));
  EXPECT_GT(bundle.value("temperature", 0.0), 0.5);
  EXPECT_LT(bundle.value("temperature", 0.0), 2);
  EXPECT_EQ(run_vifi({"classify", "--model", folder.path("model"), "--json", demo()}).status, 0);
}

TEST(Calibrate, DoesNotStoreWhereItWouldHaveNoEffect) {
  TemporaryFolder folder;
  std::filesystem::copy(test_file("mini/prototype"), folder.path("model"));
  Json bundle = json_file(folder.path("model/vifi.json"));
  bundle.erase("labels");
  std::ofstream(folder.path("model/vifi.json")) << bundle;
  const std::string timeline = test_file("mini/match1.timeline.json");
  const auto store = [&](const std::string& place) {
    return run_vifi({"calibrate", timeline, "--held-back", timeline, "--model", folder.path("model"), "--store", place});
  };
  const Execution run = store(folder.path("model"));
  EXPECT_EQ(run.status, 1);
  EXPECT_NE(run.err.find("has no labels"), std::string::npos) << run.err;
  EXPECT_NE(store(timeline + ".pt").err.find("is no bundle"), std::string::npos);
  EXPECT_EQ(run_vifi({"calibrate", timeline, "--store", folder.path("model")}).status, 2);  // of which model?
}

TEST(Calibrate, OneVideoIsTooFew) {
  const Execution run = run_vifi({"calibrate", test_file("mini/match1.timeline.json")});
  EXPECT_EQ(run.status, 1);
  EXPECT_NE(run.err.find("two or more timelines"), std::string::npos) << run.err;
}

}  // namespace
}  // namespace vifi
