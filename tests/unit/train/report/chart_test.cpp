#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "report/markup.h"
#include "report/svg_chart.h"
#include "report/training_section.h"

namespace vifi::train {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(AxisTicks, AreRoundAndHoldTheValues) {
  const AxisTicks ticks = axis_ticks(0.13, 0.97, 6);
  EXPECT_NEAR(ticks.low, 0.0, 1e-12);
  EXPECT_NEAR(ticks.high, 1.0, 1e-12);
  EXPECT_NEAR(ticks.step, 0.2, 1e-12);
  EXPECT_THAT(tick_labels(ticks).texts, ElementsAre("0.0", "0.2", "0.4", "0.6", "0.8", "1.0"));
}

TEST(AxisTicks, KeepWithinTheirNumber) {
  for (const double high : {0.0031, 1.0, 7.3, 44.0, 99.9, 12345.6}) {
    for (const double low : {0.0, -3.5, high / 2}) {
      const AxisTicks ticks = axis_ticks(low, high, 6);
      EXPECT_LE(ticks.values().size(), 7U) << low << " to " << high;
      EXPECT_GE(ticks.values().size(), 3U) << low << " to " << high;
      EXPECT_LE(ticks.low, low + 1e-9);
      EXPECT_GE(ticks.high, high - 1e-9);
    }
  }
}

TEST(AxisTicks, EqualAndInfiniteValuesGetAnAxisToo) {
  for (const double value : {0.0, 5.0, -2.0, std::nan(""), HUGE_VAL}) {
    const AxisTicks ticks = axis_ticks(value, value, 6);
    EXPECT_GT(ticks.high, ticks.low) << value;
    EXPECT_TRUE(std::isfinite(ticks.step));
  }
}

TEST(TickLabels, OfSmallValuesAreInUnitsOfAPowerOfTen) {
  const TickLabels labels = tick_labels(axis_ticks(0, 8e-6, 6));
  EXPECT_EQ(labels.unit, "×10⁻⁶");
  EXPECT_THAT(labels.texts, ElementsAre("0", "2", "4", "6", "8"));
}

TEST(LineChart, ScalesValuesToItsField) {
  const std::string svg =
      line_chart({.title = "t", .x_label = "epoch", .y_label = "loss"}, {{.name = "run", .points = {{0, 0}, {1, 10}}}});
  EXPECT_THAT(svg, HasSubstr("d=\"M56.0 224.0L406.0 14.0\""));  // from the lower left corner to the upper right one
  EXPECT_THAT(svg, HasSubstr(">epoch</text>"));
}

TEST(LineChart, ALossThatIsNoNumberBreaksTheLine) {
  const std::string svg =
      line_chart({.title = "t", .x_label = "", .y_label = ""},
                 {{.name = "run", .points = {{0, 0}, {1, 10}, {2, std::nan("")}, {3, 10}, {4, 0}}}});
  EXPECT_THAT(svg, HasSubstr("L143.5 14.0M318.5 14.0L"));
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
}

TEST(LineChart, OfALongSeriesKeepsTheExtremes) {
  ChartSeries series{.name = "run", .points = {}};
  for (int i = 0; i < 50'000; ++i)
    series.points.emplace_back(i, i == 12'345 ? 1000.0 : 0.0);
  const std::string svg = line_chart({.title = "t", .x_label = "", .y_label = ""}, {series});
  EXPECT_LT(svg.size(), 20'000U);
  EXPECT_THAT(svg, HasSubstr(" 14.0L"));  // the top
}

TEST(Smoothed, FollowsATwentiethOfTheSeries) {
  EXPECT_THAT(smoothed({1, 2, 4}), ElementsAre(1, 2, 4));  // fewer than twenty: as they are
  std::vector<double> values(40, 1.0);
  values[20] = 3.0;
  EXPECT_EQ(smoothed(values)[20], 2.0);
  values[20] = std::nan("");
  EXPECT_TRUE(std::isnan(smoothed(values)[20]));
  EXPECT_EQ(smoothed(values)[21], 1.0);
}

TEST(Escaped, LeavesNoMarkupAndNoBrokenText) {
  EXPECT_EQ(escaped("<b a=\"1\">&'"), "&lt;b a=&quot;1&quot;&gt;&amp;&#39;");
  EXPECT_EQ(escaped("Übung\t歩"), "Übung 歩");
  EXPECT_EQ(escaped(std::string("a\0b\x1b\xff\xc0\xaf", 7)), "a\uFFFDb\uFFFD\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(escaped("\xE6\xAD"), "\uFFFD\uFFFD");  // cut short
}

TEST(Base64, PadsAsTheStandardSays) {
  const auto of = [](const std::string& text) {
    return base64({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  };
  EXPECT_EQ(of(""), "");
  EXPECT_EQ(of("f"), "Zg==");
  EXPECT_EQ(of("fo"), "Zm8=");
  EXPECT_EQ(of("foobar"), "Zm9vYmFy");
}

TEST(Shortened, CountsCharactersNotBytes) {
  EXPECT_EQ(shortened("äöü", 3), "äöü");
  EXPECT_EQ(shortened("äöüß", 3), "äö…");
}

TEST(Fixed, HasNoNegativeZero) {
  EXPECT_EQ(fixed(-0.01, 1), "0.0");
  EXPECT_EQ(fixed(-0.25, 2), "-0.25");
}

}  // namespace
}  // namespace vifi::train
