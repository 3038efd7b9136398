#pragma once

#include <string>
#include <utility>
#include <vector>

#include "vifi/export.h"

namespace vifi::train {

/// Round numbers along an axis.
struct VIFI_API AxisTicks {
  double low = 0;   ///< the first tick, at or below the values
  double high = 1;  ///< the last, at or above them
  double step = 1;

  std::vector<double> values() const;
  /// Where a value lies when `low` lies at `from` and `high` at `to`.
  double place(double value, double from, double to) const { return from + (value - low) / (high - low) * (to - from); }
};

/// Steps of 1, 2 or 5 times a power of ten, at most `most` of them, around the values. Equal values get room on both
/// sides; what is no finite number counts as 0.
VIFI_API AxisTicks axis_ticks(double low, double high, int most);

/// Ticks as text, all in one form: with as many decimals as the step needs; beyond 10^-3 and 10^5 in units of a power
/// of ten, which `unit` names ("×10⁻⁵").
struct TickLabels {
  std::vector<std::string> texts;
  std::string unit;
};
VIFI_API TickLabels tick_labels(const AxisTicks& ticks);

struct ChartSeries {
  std::string name;                               ///< as pointing at it tells
  std::vector<std::pair<double, double>> points;  ///< x ascending; a y of NaN breaks the line
  int colour = 0;                                 ///< the page has eight
  bool faint = false;                             ///< in the background
  bool dashed = false;
  bool dots = false;  ///< a mark at every point
};

struct ChartSpec {
  std::string title;  ///< also what a screen reader says
  std::string x_label;
  std::string y_label;  ///< with its unit
  bool from_zero = false;
  double y_limit = 0;  ///< the axis ends there: 100 for percent; 0: as the values ask
};

/// Curves with axes as an <svg> that takes its colours from the page's variables (--ink, --grid, --c0 to --c7). Of long
/// series the least and the greatest of each stretch are drawn.
VIFI_API std::string line_chart(const ChartSpec& spec, const std::vector<ChartSeries>& series);

}  // namespace vifi::train
