#include "report/protocol_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace vifi::train {
namespace {

using testing::ElementsAre;

Run run_of(const std::string& name, const std::string& list, int seed, double top1) {
  train::Run run;
  run.name = name;
  run.path = "runs/" + name;
  run.config.emplace();
  run.config->set("DATA.TRAIN_FILE", list, "test");
  run.config->set("SEED", seed, "test");
  run.config->set("OUTPUT", run.path, "test");
  run.results.push_back({.file = run.path + "/test.json",
                         .weights = run.path + "/best.pth",
                         .pretrained = "clip",
                         .train_list = list,
                         .label_list = "",
                         .rows = {{.name = "test", .samples = 10, .top1 = top1, .top5 = 90.0}},
                         .lists = {}});
  return run;
}

TEST(ProtocolTable, JoinsSeedsToMeanAndDeviation) {
  const ProtocolTable table = protocol_table({run_of("few-seed1", "train1_few_shot_4.txt", 1, 50),
                                              run_of("few-seed2", "train2_few_shot_4.txt", 2, 54),
                                              run_of("few-seed3", "train3_few_shot_4.txt", 3, 58)});
  EXPECT_THAT(table.columns, ElementsAre("K=4"));
  ASSERT_EQ(table.rows.size(), 1U);
  EXPECT_EQ(table.rows[0].name, "few");
  const ProtocolCell& cell = table.rows[0].cells.at("K=4");
  EXPECT_NEAR(cell.top1, 54, 1e-12);
  EXPECT_NEAR(cell.deviation.value(), 4, 1e-12);  // squares 16 + 0 + 16, over 2
  EXPECT_NEAR(cell.top5.value(), 90, 1e-12);
  EXPECT_EQ(cell.results, 3U);
}

TEST(ProtocolTable, ShotsAreColumnsInTheirOrder) {
  const ProtocolTable table =
      protocol_table({run_of("k16", "few_shot_16.txt", 1, 70), run_of("k2", "few_shot_2.txt", 1, 50),
                      run_of("all", "train.txt", 1, 80)});
  EXPECT_THAT(table.columns, ElementsAre("K=2", "K=16", "supervised"));
  ASSERT_EQ(table.rows.size(), 2U);  // of another list: another row
  EXPECT_FALSE(table.rows[0].cells.at("K=2").deviation);
}

TEST(ProtocolTable, OtherSettingsMakeAnotherRow) {
  train::Run other = run_of("b", "train.txt", 2, 60);
  other.config->set("TRAIN.LR", 0.5, "test");
  EXPECT_EQ(protocol_table({run_of("a", "train.txt", 1, 50), other}).rows.size(), 2U);
  other.argument.row = "mine";
  train::Run first = run_of("a", "train.txt", 1, 50);
  first.argument.row = "mine";
  const ProtocolTable named = protocol_table({first, other});
  ASSERT_EQ(named.rows.size(), 1U);
  EXPECT_EQ(named.rows[0].name, "mine");
}

TEST(ProtocolTable, BaseAndNovelGiveTheHarmonicMean) {
  train::Run run = run_of("b2n", "fs_base.txt", 1, 0);
  run.results[0].rows = {
      {.name = "base", .top1 = 80}, {.name = "novel", .top1 = 40}, {.name = "harmonic mean", .top1 = 53.3}};
  const ProtocolTable table = protocol_table({run});
  EXPECT_THAT(table.columns, ElementsAre("base", "novel", "HM"));
  EXPECT_NEAR(table.rows[0].cells.at("HM").top1, 2 * 80 * 40 / 120.0, 1e-9);
}

TEST(ProtocolTable, TheHarmonicMeanDeviatesAsThatOfTheResults) {
  std::vector<train::Run> runs{run_of("b2n-s1", "fs_base.txt", 1, 0), run_of("b2n-s2", "fs_base.txt", 2, 0)};
  runs[0].results[0].rows = {{.name = "base", .top1 = 80}, {.name = "novel", .top1 = 40}};
  runs[1].results[0].rows = {{.name = "base", .top1 = 60}, {.name = "novel", .top1 = 60}};
  const ProtocolTable table = protocol_table(runs);
  ASSERT_EQ(table.rows.size(), 1U);
  const ProtocolCell& cell = table.rows[0].cells.at("HM");
  EXPECT_NEAR(cell.top1, 2 * 70 * 50 / 120.0, 1e-9);
  EXPECT_NEAR(cell.deviation.value(), (60 - 2 * 80 * 40 / 120.0) / std::sqrt(2.0), 1e-9);
  EXPECT_EQ(cell.seeds, 2U);
  EXPECT_TRUE(cell.trained);
  runs[0].results[0].weights.clear();
  EXPECT_FALSE(protocol_table({runs[0]}).rows[0].cells.at("HM").trained);
}

TEST(ProtocolTable, TheMeanOfSplitsStandsForThem) {
  train::Run run = run_of("one", "kinetics.txt", 1, 0);
  run.results[0].weights.clear();
  run.results[0].rows = {{.name = "split1", .top1 = 50},
                         {.name = "split2", .top1 = 54},
                         {.name = "mean of 2", .top1 = 52, .deviation = 2.8}};
  const ProtocolTable table = protocol_table({run});
  EXPECT_THAT(table.columns, ElementsAre("zero-shot"));
  EXPECT_EQ(table.rows[0].cells.at("zero-shot").top1, 52);
  EXPECT_EQ(table.rows[0].cells.at("zero-shot").deviation, 2.8);
}

TEST(ProtocolTable, ATestOnOtherClassesIsZeroShot) {
  train::Run run = run_of("one", "train.txt", 1, 50);
  run.config->set("DATA.LABEL_LIST", "labels/kinetics.csv", "test");
  run.results[0].label_list = "/elsewhere/kinetics.csv";
  EXPECT_EQ(protocol_of(run.results[0], run), "supervised");
  run.results[0].label_list = "labels/hmdb.csv";
  EXPECT_EQ(protocol_of(run.results[0], run), "zero-shot");
  run.argument.column = "mine";
  EXPECT_EQ(protocol_of(run.results[0], run), "mine");
}

TEST(ProtocolTable, TheBestEpochOfATrainingIsItsValidation) {
  train::Run run = run_of("one", "train.txt", 1, 50);
  run.results.clear();
  run.log.tests = {{.epoch = 0, .samples = 5, .top1 = 20, .top5 = 60},
                   {.epoch = 1, .samples = 5, .top1 = 40, .top5 = 80}};
  const ProtocolTable table = protocol_table({run});
  EXPECT_THAT(table.columns, ElementsAre("validation"));
  EXPECT_EQ(table.rows[0].cells.at("validation").top1, 40);
}

}  // namespace
}  // namespace vifi::train
