#include "report/page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "report/heat_map.h"
#include "report/png.h"
#include "report/sample_frames.h"
#include "support/temporary_folder.h"
#include "vifi/error.h"

namespace vifi::train {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

/// Three classes: "a" is taken for "b" twice, "b" for "c" once.
ListResult three_classes() {
  return {.list = "test.txt",
          .root = "/nowhere/at/all",
          .classes = {"a", "<b>", "c"},
          .top1 = {50.0, 75.0, std::nullopt},
          .confusion = {2, 2, 0, 0, 3, 1, 0, 0, 0},
          .clips = {{.video = "a/1.mp4", .label = 0, .best = {1, 0, 2}, .score = 0.6},
                    {.video = "a/2.mp4", .label = 0, .best = {1, 2, 0}, .score = 0.9},
                    {.video = "b/1.mp4", .label = 1, .best = {2, 1, 0}, .score = 0.5},
                    {.video = "b/2.mp4", .label = 1, .best = {1, 2, 0}, .score = 0.99}}};
}

Run run_with_details() {
  Run run;
  run.name = "r<1>";
  run.path = "runs/r1";
  run.results.push_back({.file = "test.json",
                         .weights = "runs/r1/best.pth",
                         .pretrained = "clip",
                         .train_list = "train.txt",
                         .label_list = "l.csv",
                         .rows = {{.name = "test", .samples = 8, .top1 = 62.5, .top5 = 100.0}},
                         .lists = {three_classes()}});
  return run;
}

TEST(Confusions, ComeByFrequency) {
  const std::vector<Confusion> all = confusions(three_classes());
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].label, 0U);
  EXPECT_EQ(all[0].named, 1U);
  EXPECT_EQ(all[0].clips, 2);
}

TEST(Confusions, OfManyClassesTheMostConfusedAreShown) {
  EXPECT_THAT(confused_classes(three_classes(), 3), ElementsAre(0, 1, 2));
  EXPECT_THAT(confused_classes(three_classes(), 2), ElementsAre(0, 1));
}

TEST(TellingErrors, AreTheSurestAndOfEachKindOne) {
  const std::vector<ClipResult> errors = telling_errors(three_classes(), 2);
  ASSERT_EQ(errors.size(), 2U);
  EXPECT_EQ(errors[0].video, "a/2.mp4");
  EXPECT_EQ(errors[1].video, "b/1.mp4");
  EXPECT_EQ(telling_errors(three_classes(), 9).size(), 3U);
}

TEST(ErrorFrames, SayWhyThereAreNone) {
  const ErrorFrames frames = error_frames(telling_errors(three_classes(), 9), "/nowhere/at/all");
  EXPECT_TRUE(frames.shown.empty());
  EXPECT_THAT(frames.reason, HasSubstr("3 of 3 clips cannot be shown: [data root] /nowhere/at/all: no such folder"));
}

TEST(ErrorFrames, AreOfTheVideosThatAreThere) {
  TemporaryFolder folder;
  for (const char* name : {"1", "2", "3"}) {  // a folder of pictures is a video
    std::filesystem::create_directories(folder.path("a/1.mp4"));
    const std::vector<std::uint8_t> png = png_of(std::vector<std::uint8_t>(3 * 16 * 8, 200), 16, 8);
    std::ofstream(folder.path(std::string("a/1.mp4/") + name + ".png"), std::ios::binary)
        .write(reinterpret_cast<const char*>(png.data()), static_cast<std::streamsize>(png.size()));
  }
  const ErrorFrames frames = error_frames(telling_errors(three_classes(), 9), folder.path());
  ASSERT_EQ(frames.shown.size(), 1U) << frames.reason;
  EXPECT_EQ(frames.shown[0].clip.video, "a/1.mp4");
  // Four frames of 192 x 96 with two columns between them: the sizes stand big-endian behind the first chunk's name.
  const std::vector<std::uint8_t>& png = frames.shown[0].png;
  EXPECT_EQ(png[18] * 256 + png[19], 4 * 192 + 3 * 2);
  EXPECT_EQ(png[22] * 256 + png[23], 96);
  EXPECT_THAT(frames.reason, HasSubstr("2 of 3 clips"));
}

TEST(ReportPage, NeedsNothingElseAndEscapesWhatFilesSay) {
  const std::vector<train::Run> runs{run_with_details()};
  const std::string page = report_page(runs, protocol_table(runs), {});
  for (const char* foreign : {"http", "<script", "<link", "url("})
    EXPECT_THAT(page, Not(HasSubstr(foreign)));
  EXPECT_THAT(page, HasSubstr("r&lt;1&gt;"));
  EXPECT_THAT(page, HasSubstr("&lt;b&gt;"));
  EXPECT_THAT(page, Not(HasSubstr("<b>\"")));
  EXPECT_THAT(page, Not(HasSubstr("<td><b>")));
  EXPECT_THAT(page, HasSubstr("clips cannot be shown"));
  EXPECT_THAT(page, HasSubstr("<title>a named &lt;b&gt;: 2 of 4</title>"));
}

TEST(ReportPage, FoldsLinksToManyListsAndNamesTheirPlaces) {
  std::vector<train::Run> runs(12, run_with_details());
  for (train::Run& run : runs) run.argument = {.path = "test.json", .row = "text", .column = "K=2"};
  const auto page_of = [&] { return report_page(runs, protocol_table(runs), {}); };
  const std::string few = page_of();
  EXPECT_THAT(few, HasSubstr(">text, K=2: r&lt;1&gt; on test.txt, best.pth</a>"));
  EXPECT_THAT(few, HasSubstr("<title>text – training report</title>"));
  EXPECT_THAT(few, Not(HasSubstr("lists</summary>")));
  runs.push_back(runs.front());
  EXPECT_THAT(page_of(), HasSubstr("<summary>13 lists</summary>"));
}

TEST(ProtocolHtml, MarksTheBestOfSeveral) {
  ProtocolTable table{
      .columns = {"zero-shot"},
      .rows = {{.name = "a", .runs = {}, .cells = {{"zero-shot", {.top1 = 40.04, .deviation = 1.26, .results = 3}}}},
               {.name = "b", .runs = {}, .cells = {{"zero-shot", {.top1 = 50, .results = 1}}}}}};
  const std::string html = protocol_html(table);
  EXPECT_THAT(html, HasSubstr("<td class=\"n\" title=\"3 results\">40.0 <small>± 1.3</small></td>"));
  EXPECT_THAT(html, HasSubstr("<td class=\"n best\" title=\"1 result\">50.0</td>"));
  table.rows.pop_back();
  EXPECT_THAT(protocol_html(table), Not(HasSubstr("best")));
}

TEST(Png, RefusesSizesThatDoNotFit) {
  EXPECT_THROW(png_of(std::vector<std::uint8_t>(11), 2, 2), Error);
}

class RunFiles : public testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(folder_.path(name)).parent_path());
    std::ofstream(folder_.path(name)) << text;
  }
  std::string error(const std::string& name) const {
    try {
      read_runs({RunArgument::parse(folder_.path(name))});
    } catch (const Error& error) {
      return error.message();
    }
    return "";
  }
  TemporaryFolder folder_;
};

TEST_F(RunFiles, WhatIsMissingOrEmptyIsNamed) {
  EXPECT_THAT(error("none"), HasSubstr("none: no such file or run folder"));
  write("empty/config.yaml", "SEED: 1\n");
  EXPECT_THAT(error("empty"), HasSubstr("empty: no results"));
  write("other.json", "{\"schema\":\"vifi.result/1\"}");
  EXPECT_THAT(error("other.json"), HasSubstr("other.json: no results of `vifi eval`"));
  write(
      "wrong.json",
      R"({"schema":"vifi.scores/1","model":"m","rows":[],"lists":[{"list":"l","classes":[{"name":"a","top1":1}],"confusion":[1,2],"samples":[]}]})");
  EXPECT_THAT(error("wrong.json"), HasSubstr("2 confusions of 1 classes"));
  write("bad/log.jsonl", "nonsense\n");
  EXPECT_THAT(error("bad"), HasSubstr("line 1 is \"nonsense\""));
}

TEST_F(RunFiles, ResultsBelongToTheRunWhoseWeightsTheyTell) {
  write("run/config.yaml", "BASE: ['gone.yaml']\nSEED: 1\n");
  write("run/log.jsonl", "{\"epoch\":0,\"step\":1,\"loss\":1,\"lr\":0}\n");
  write(
      "run/inside.json",
      R"({"schema":"vifi.scores/1","model":"clip","weights":"","pretrained":"clip","rows":[{"name":"v","top1":10}]})");
  write("apart.json", R"({"schema":"vifi.scores/1","model":")" + folder_.path("run/best.pth") +
                          R"(","rows":[{"name":"v","top1":20}]})");
  const std::vector<train::Run> runs =
      read_runs({RunArgument::parse(folder_.path("apart.json")), RunArgument::parse(folder_.path("run")),
                 RunArgument::parse(folder_.path("run/inside.json"))});
  ASSERT_EQ(runs.size(), 1U);
  EXPECT_EQ(runs[0].name, "run");
  EXPECT_EQ(runs[0].results.size(), 2U);
}

TEST(RunArguments, NameRowAndColumn) {
  const RunArgument argument = RunArgument::parse("ours:zero-shot=runs/none.json");
  EXPECT_EQ(argument.path, "runs/none.json");
  EXPECT_EQ(argument.row, "ours");
  EXPECT_EQ(argument.column, "zero-shot");
  EXPECT_EQ(RunArgument::parse("plain").path, "plain");
  const TemporaryFolder folder;
  std::ofstream(folder.path("a=b.json")) << "{}";
  const RunArgument shots = RunArgument::parse("ours:K=2=" + folder.path("a=b.json"));
  EXPECT_EQ(shots.row, "ours");
  EXPECT_EQ(shots.column, "K=2");
  EXPECT_EQ(shots.path, folder.path("a=b.json"));
}

}  // namespace
}  // namespace vifi::train
