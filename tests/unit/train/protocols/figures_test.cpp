#include "protocols/figures.h"

#include <gtest/gtest.h>

#include <cmath>

#include "vifi/error.h"

namespace vifi::train {
namespace {

using nlohmann::json;

json scores(json rows) {
  return {{"schema", "vifi.scores/1"}, {"rows", std::move(rows)}};
}

TEST(Figures, SeedsHaveAMeanAndADeviation) {
  const std::vector<json> runs{scores({{{"name", "val1"}, {"samples", 8}, {"top1", 50.0}, {"top5", 80.0}}}),
                               scores({{{"name", "val1"}, {"samples", 8}, {"top1", 60.0}, {"top5", 90.0}}}),
                               scores({{{"name", "val1"}, {"samples", 8}, {"top1", 70.0}, {"top5", 100.0}}})};
  const auto figures = figures_of("hmdb", runs);
  ASSERT_EQ(figures.size(), 1U);
  EXPECT_EQ(figures[0].name, "hmdb");
  EXPECT_EQ(figures[0].runs, 3);
  EXPECT_EQ(figures[0].samples, 8);
  EXPECT_DOUBLE_EQ(figures[0].top1, 60);
  EXPECT_DOUBLE_EQ(figures[0].deviation.value(), 10);
  EXPECT_DOUBLE_EQ(figures[0].top5.value(), 90);
}

TEST(Figures, OneRunOverSplitsKeepsTheirMeanAndDeviation) {
  const std::vector<json> runs{scores({{{"name", "val1"}, {"samples", 8}, {"top1", 50.0}},
                                       {{"name", "val2"}, {"samples", 7}, {"top1", 52.0}},
                                       {{"name", "mean of 2"}, {"top1", 51.0}, {"deviation", 1.5}}})};
  const auto figures = figures_of("ucf", runs);
  ASSERT_EQ(figures.size(), 1U);
  EXPECT_EQ(figures[0].samples, 15);
  EXPECT_EQ(figures[0].top1, 51);
  EXPECT_EQ(figures[0].deviation, 1.5);
  EXPECT_EQ(figures_of("", runs)[0].name, "mean of 2");
}

TEST(Figures, BaseToNovelHasTheHarmonicMeanOfTheMeans) {
  const auto run = [](double base, double novel, double harmonic) {
    return scores({{{"name", "base"}, {"top1", base}},
                   {{"name", "novel"}, {"top1", novel}},
                   {{"name", "harmonic mean"}, {"top1", harmonic}}});
  };
  const auto figures = figures_of("", std::vector<json>{run(90, 30, 45), run(30, 30, 30)});
  ASSERT_EQ(figures.size(), 3U);
  EXPECT_EQ(figures[0].name, "base");
  EXPECT_DOUBLE_EQ(figures[0].top1, 60);
  EXPECT_DOUBLE_EQ(figures[1].top1, 30);
  EXPECT_EQ(figures[2].name, "harmonic mean");
  EXPECT_DOUBLE_EQ(figures[2].top1, 40);  // not 37.5, the mean of the two harmonic means
  EXPECT_NEAR(figures[2].deviation.value(), 15 / std::sqrt(2.0), 1e-9);
}

TEST(Figures, PublishedOnesStandBesideThoseOfTheirName) {
  auto figures = figures_of("k400", std::vector<json>{scores({{{"name", "val"}, {"top1", 80.0}, {"top5", 95.0}}})});
  EXPECT_EQ(figure_table(figures).find("published"), std::string::npos);
  add_published(figures, {{"k400", {.top1 = 83.9, .top5 = 96.3}}});
  const std::string table = figure_table(figures);
  EXPECT_NE(table.find("83.9        -3.9             96.3"), std::string::npos) << table;
  EXPECT_NE(figure_csv(figures).find("k400,1,0,80,,95,83.9,96.3"), std::string::npos) << figure_csv(figures);
  EXPECT_EQ(figure_json(figures)[0]["published"]["top5"], 96.3);
  EXPECT_THROW(add_published(figures, {{"hmdb", {.top1 = 50}}}), Error);
}

TEST(Figures, RunsOfOtherTestsAndOtherFilesAreRefused) {
  const json one = scores({{{"name", "val"}, {"top1", 80.0}}});
  const json splits = scores({{{"name", "val"}, {"top1", 80.0}}, {{"name", "mean of 2"}, {"top1", 80.0}}});
  EXPECT_THROW(figures_of("k400", std::vector<json>{one, splits}), Error);
  EXPECT_THROW(figures_of("k400", std::vector<json>{json{{"schema", "vifi.scores/1"}, {"rows", json::array()}}}),
               Error);
  EXPECT_THROW(figures_of("k400", std::vector<json>{json{{"schema", "vifi.result/1"}}}), Error);
  EXPECT_THROW(figures_of("k400", std::vector<json>{json(3)}), Error);
  EXPECT_THROW(figures_of("k400", std::vector<json>{}), Error);
}

}  // namespace
}  // namespace vifi::train
