#include "report/svg_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "report/markup.h"

namespace vifi::train {
namespace {

constexpr double kWidth = 420, kHeight = 270;
constexpr double kLeft = 56, kRight = kWidth - 14, kTop = 14, kBottom = kHeight - 46;
constexpr int kColours = 8;

using Points = std::vector<std::pair<double, double>>;

/// The least and the greatest y of each stretch, in their order.
Points thinned(const Points& points) {
  constexpr std::size_t kStretches = 300;
  if (points.size() <= 2 * kStretches) return points;
  Points few;
  for (std::size_t stretch = 0; stretch < kStretches; ++stretch) {
    const auto begin = points.begin() + static_cast<std::ptrdiff_t>(stretch * points.size() / kStretches);
    const auto end = points.begin() + static_cast<std::ptrdiff_t>((stretch + 1) * points.size() / kStretches);
    auto [least, greatest] =
        std::minmax_element(begin, end, [](const auto& a, const auto& b) { return a.second < b.second; });
    if (greatest < least) std::swap(least, greatest);
    few.push_back(*least);
    if (greatest != least) few.push_back(*greatest);
  }
  few.push_back(points.back());
  return few;
}

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  void add(double value) {
    if (!std::isfinite(value)) return;
    low = std::min(low, value);
    high = std::max(high, value);
  }
};

std::string superscript(int number) {
  constexpr const char* kDigits[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
  std::string text = number < 0 ? "⁻" : "";
  for (const char c : std::to_string(std::abs(number)))
    text += kDigits[c - '0'];
  return text;
}

class Chart {
 public:
  Chart(const ChartSpec& spec, const std::vector<ChartSeries>& series) : spec_(spec), series_(series) {
    Range x, y;
    for (const ChartSeries& one : series) {
      for (const auto& [at, value] : one.points) {
        x.add(at);
        if (std::isfinite(at)) y.add(value);
      }
    }
    if (spec.from_zero) y.low = std::min(y.low, 0.0);
    x_ = axis_ticks(std::min(x.low, 0.0), x.high, 6);
    y_ = axis_ticks(y.low, y.high, 6);
    if (spec.y_limit > 0) y_.high = std::min(y_.high, spec.y_limit);
  }

  std::string svg() const {
    std::string out = fmt::format("<svg class=\"chart\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">\n",
                                  kWidth, kHeight, escaped(spec_.title));
    add_axes(out);
    for (const bool faint : {true, false}) {
      for (const ChartSeries& one : series_) {
        if (one.faint == faint) add_line(out, one);
      }
    }
    return out + "</svg>\n";
  }

 private:
  double x(double value) const { return x_.place(value, kLeft, kRight); }
  double y(double value) const { return y_.place(value, kBottom, kTop); }

  void add_axes(std::string& out) const {
    const TickLabels x_texts = tick_labels(x_), y_texts = tick_labels(y_);
    const std::vector<double> x_values = x_.values(), y_values = y_.values();
    for (std::size_t i = 0; i < y_values.size(); ++i) {
      const double at = y(y_values[i]);
      out +=
          fmt::format("<line class=\"grid\" x1=\"{}\" y1=\"{:.1f}\" x2=\"{}\" y2=\"{:.1f}\"/>", kLeft, at, kRight, at);
      out += fmt::format("<text x=\"{}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n", kLeft - 7, at + 4,
                         y_texts.texts[i]);
    }
    for (std::size_t i = 0; i < x_values.size(); ++i) {
      const double at = x(x_values[i]);
      out += fmt::format("<line class=\"axis\" x1=\"{:.1f}\" y1=\"{}\" x2=\"{:.1f}\" y2=\"{}\"/>", at, kBottom, at,
                         kBottom + 5);
      out += fmt::format("<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n", at, kBottom + 18,
                         x_texts.texts[i]);
    }
    out += fmt::format("<line class=\"axis\" x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"/>\n", kLeft, kBottom, kRight,
                       kBottom);
    const auto with_unit = [](const std::string& label, const std::string& unit) {
      return escaped(unit.empty() ? label : label + " " + unit);
    };
    out += fmt::format("<text class=\"name\" x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n",
                       (kLeft + kRight) / 2, kHeight - 8, with_unit(spec_.x_label, x_texts.unit));
    out += fmt::format(
        "<text class=\"name\" transform=\"translate(14 {}) rotate(-90)\" text-anchor=\"middle\">{}</text>\n",
        (kTop + kBottom) / 2, with_unit(spec_.y_label, y_texts.unit));
  }

  void add_line(std::string& out, const ChartSeries& one) const {
    const Points points = thinned(one.points);
    std::string path, marks;
    bool open = false;
    std::size_t drawn = 0;
    for (const auto& [at, value] : points) {
      if (!std::isfinite(at) || !std::isfinite(value)) {
        open = false;
        continue;
      }
      path += fmt::format("{}{:.1f} {:.1f}", open ? "L" : "M", x(at), y(value));
      open = true;
      ++drawn;
      if (one.dots) {
        marks += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3\"><title>{}: {:.4g}</title></circle>", x(at),
                             y(value), escaped(one.name), value);
      }
    }
    if (drawn == 0) return;
    if (drawn == 1) path += "l0.1 0";  // its round ends are a mark
    out += fmt::format("<g class=\"c{}{}{}\"><path d=\"{}\"><title>{}</title></path>{}</g>\n", one.colour % kColours,
                       one.faint ? " faint" : "", one.dashed ? " dashed" : "", path, escaped(one.name), marks);
  }

  const ChartSpec& spec_;
  const std::vector<ChartSeries>& series_;
  AxisTicks x_, y_;
};

}  // namespace

std::vector<double> AxisTicks::values() const {
  std::vector<double> all;
  const auto count = static_cast<int>(std::floor((high - low) / step + 1e-6));
  for (int i = 0; i <= count; ++i)
    all.push_back(low + i * step);
  return all;
}

AxisTicks axis_ticks(double low, double high, int most) {
  if (!std::isfinite(low)) low = 0;
  if (!std::isfinite(high)) high = 0;
  if (high < low) std::swap(low, high);
  if (high - low <= std::max(std::abs(low), std::abs(high)) * 1e-9) {
    const double room = low == 0 ? 1 : std::abs(low) / 2;
    if (low != 0) low -= room;
    high += room;
  }
  const double least = (high - low) / std::max(most - 1, 1);
  const double power = std::pow(10, std::floor(std::log10(least)));
  double step = 10 * power;
  for (const double factor : {5.0, 2.0, 1.0}) {
    const double finer = factor * power;
    const double steps = std::ceil(high / finer - 1e-9) - std::floor(low / finer + 1e-9);
    if (steps <= most) step = finer;
  }
  return {.low = std::floor(low / step + 1e-9) * step, .high = std::ceil(high / step - 1e-9) * step, .step = step};
}

TickLabels tick_labels(const AxisTicks& ticks) {
  const double greatest = std::max(std::abs(ticks.low), std::abs(ticks.high));
  int power = 0;
  if (greatest > 0 && (greatest < 1e-2 || greatest >= 1e5))
    power = static_cast<int>(std::floor(std::log10(greatest) + 1e-9));
  const double unit = std::pow(10, power);
  const int decimals = std::max(0, static_cast<int>(-std::floor(std::log10(ticks.step / unit) + 1e-9)));
  TickLabels labels;
  for (const double value : ticks.values())
    labels.texts.push_back(fixed(value / unit, decimals));
  if (power != 0) labels.unit = "×10" + superscript(power);
  return labels;
}

std::string line_chart(const ChartSpec& spec, const std::vector<ChartSeries>& series) {
  return Chart(spec, series).svg();
}

}  // namespace vifi::train
