#include "video/resize_table.h"

#include <algorithm>
#include <cmath>

namespace vifi {
namespace {

constexpr int kPillowBits = 22;
constexpr float kOpencvOne = 2048;  // 11 bits

// Keys' cubic, a = -0.5.
double cubic(double x) {
  constexpr double a = -0.5;
  x = std::abs(x);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

double triangle(double x) {
  x = std::abs(x);
  return x < 1 ? 1 - x : 0;
}

void set_fixed(ResizeTable& table, std::size_t index, double weight) {
  const double scaled = weight * (1 << kPillowBits);
  const auto fixed = static_cast<std::int32_t>(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
  table.low[index] = static_cast<std::int16_t>(fixed & 0x7fff);
  table.high[index] = static_cast<std::int16_t>(fixed >> 15);
}

ResizeTable antialias_table(ResizeRule rule, const Axis& axis) {
  const bool bicubic = rule == ResizeRule::pillow_bicubic, fixed = is_pillow(rule);
  const double scale = static_cast<double>(axis.source) / axis.target;
  const double filter_scale = std::max(scale, 1.0);
  const double inverse = 1 / filter_scale;
  const double support = (bicubic ? 2 : 1) * filter_scale;

  std::vector<std::vector<double>> rows(axis.count);
  ResizeTable table;
  std::size_t longest = 0;
  for (int i = 0; i < axis.count; ++i) {
    const double center = (axis.begin + i + 0.5) * scale;
    const int first = std::max(static_cast<int>(center - support + 0.5), 0);
    const int last = std::min(static_cast<int>(center + support + 0.5), axis.source);
    double sum = 0;
    for (int k = first; k < last; ++k) {
      const double x = (k - center + 0.5) * inverse;
      rows[i].push_back(bicubic ? cubic(x) : triangle(x));
      sum += rows[i].back();
    }
    for (double& weight : rows[i]) {
      weight *= 1 / sum;
    }
    table.first.push_back(first);
    table.used.push_back(last - first);
    longest = std::max(longest, rows[i].size());
  }

  const int block = ResizeTable::kTapBlock;
  table.taps = (static_cast<int>(longest) + block - 1) / block * block;
  const auto total = static_cast<std::size_t>(axis.count) * table.taps;
  if (fixed) {
    table.low.resize(total);
    table.high.resize(total);
  } else {
    table.real.resize(total);
  }
  for (int i = 0; i < axis.count; ++i) {
    for (std::size_t k = 0; k < rows[i].size(); ++k) {
      const std::size_t index = static_cast<std::size_t>(i) * table.taps + k;
      if (fixed) {
        set_fixed(table, index, rows[i][k]);
      } else {
        table.real[index] = static_cast<float>(rows[i][k]);
      }
    }
  }
  return table;
}

ResizeTable opencv_table(const Axis& axis, bool clamp_fraction) {
  const double scale = 1 / (static_cast<double>(axis.target) / axis.source);
  ResizeTable table;
  table.taps = 2;
  for (int i = 0; i < axis.count; ++i) {
    auto fraction = static_cast<float>((axis.begin + i + 0.5) * scale - 0.5);
    int first = static_cast<int>(std::floor(fraction));
    fraction -= static_cast<float>(first);
    if (clamp_fraction && first < 0) {
      first = 0;
      fraction = 0;
    }
    if (clamp_fraction && first >= axis.source - 1) {
      first = axis.source - 1;
      fraction = 0;
    }
    table.first.push_back(first);
    table.used.push_back(clamp_fraction && first == axis.source - 1 ? 1 : 2);
    table.low.push_back(static_cast<std::int16_t>(std::lrint((1.0F - fraction) * kOpencvOne)));
    table.low.push_back(static_cast<std::int16_t>(std::lrint(fraction * kOpencvOne)));
  }
  return table;
}

void find_source_range(ResizeTable& table, int source) {
  table.source_begin = source;
  table.source_end = 0;
  for (std::size_t i = 0; i < table.first.size(); ++i) {
    table.source_begin = std::min(table.source_begin, std::max(table.first[i], 0));
    table.source_end = std::max(table.source_end, std::min(table.first[i] + table.used[i], source));
  }
}

ResizeTable make_table(ResizeRule rule, const Axis& axis, bool clamp_fraction) {
  ResizeTable table =
      rule == ResizeRule::opencv_bilinear ? opencv_table(axis, clamp_fraction) : antialias_table(rule, axis);
  find_source_range(table, axis.source);
  return table;
}

}  // namespace

ResizeTable horizontal_table(ResizeRule rule, const Axis& axis) {
  ResizeTable table = make_table(rule, axis, true);
  if (is_pillow(rule)) {
    table.permuted = permuted_taps(table);
  }
  return table;
}

ResizeTable vertical_table(ResizeRule rule, const Axis& axis) { return make_table(rule, axis, false); }

}  // namespace vifi
