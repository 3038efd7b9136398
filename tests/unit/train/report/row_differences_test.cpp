#include "report/row_differences.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace vifi::train {
namespace {

using testing::HasSubstr;
using testing::Not;

ProtocolTable three_rows() {
  return {.columns = {"novel"},
          .rows = {{.name = "plain", .runs = {}, .cells = {{"novel", {.top1 = 50, .results = 1, .seeds = 1, .trained = false}}}},
                   {.name = "text", .runs = {}, .cells = {{"novel", {.top1 = 53, .deviation = 3.0, .results = 4, .seeds = 4}}}},
                   {.name = "both", .runs = {}, .cells = {{"novel", {.top1 = 54, .deviation = 4.0, .results = 4, .seeds = 4}}}}}};
}

TEST(RowDifferences, OfEachPairSayWhetherItExceedsTheSpread) {
  const std::vector<RowDifference> all = row_differences(three_rows());
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].row, "text");
  EXPECT_EQ(all[0].than, "plain");
  EXPECT_DOUBLE_EQ(all[0].points, 3);
  EXPECT_DOUBLE_EQ(all[0].spread.value(), 3);  // 2 * 3 / sqrt(4); what was not trained has no seed
  EXPECT_FALSE(all[0].exceeds_spread());
  EXPECT_DOUBLE_EQ(all[1].spread.value(), 4);
  EXPECT_FALSE(all[1].exceeds_spread());                    // 4 is not more than 4
  EXPECT_DOUBLE_EQ(all[2].spread.value(), 5);               // roots of 2.25 + 4, twice
  ProtocolTable table = three_rows();
  table.rows[0].cells["novel"].top1 = 49.9;
  EXPECT_TRUE(row_differences(table)[1].exceeds_spread());
}

TEST(RowDifferences, ARowWithOneResultTakesTheColumnsDeviation) {
  ProtocolTable table = three_rows();
  table.rows.push_back({.name = "new", .runs = {}, .cells = {{"novel", {.top1 = 60, .results = 1, .seeds = 1}}}});
  const RowDifference last = row_differences(table).back();
  EXPECT_EQ(last.row, "new");
  EXPECT_NEAR(last.spread.value(), 2 * std::sqrt(12.5 + 4), 1e-12);  // (9 + 16) / 2
}

TEST(RowDifferences, OfSingleResultsNothingIsKnown) {
  ProtocolTable table = three_rows();
  table.rows.erase(table.rows.begin());
  for (ProtocolRow& row : table.rows)
    row.cells["novel"].deviation.reset();
  const std::vector<RowDifference> all = row_differences(table);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_FALSE(all[0].spread);
  EXPECT_FALSE(all[0].exceeds_spread());
  const nlohmann::ordered_json json = differences_json(all);
  EXPECT_TRUE(json[0]["exceeds_spread"].is_null());
  EXPECT_THAT(differences_html(table, all), HasSubstr("<small>?</small>"));
}

TEST(RowDifferences, StandOnThePageWithTheirSigns) {
  ProtocolTable table = three_rows();
  table.rows[0].cells["novel"].top1 = 49;
  const std::string html = differences_html(table, row_differences(table));
  EXPECT_THAT(html, HasSubstr("<td class=\"n best\" title=\"twice the standard error: 4.0\">+5.0</td>"));
  EXPECT_THAT(html, HasSubstr("<td class=\"n best\" title=\"twice the standard error: 4.0\">−5.0</td>"));
  EXPECT_THAT(html, HasSubstr("<small>+1.0</small>"));
  table.rows.resize(1);
  EXPECT_EQ(differences_html(table, row_differences(table)), "");
}

}  // namespace
}  // namespace vifi::train
