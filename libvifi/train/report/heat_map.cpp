#include "report/heat_map.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "report/markup.h"

namespace vifi::train {
namespace {

constexpr std::size_t kLongestName = 30;  // characters beside the matrix
constexpr double kCharacter = 6.3;        // px of one at 11 px

double name_width(const ListResult& result, const std::vector<std::size_t>& classes) {
  std::size_t longest = 4;
  for (const std::size_t c : classes)
    longest = std::max(longest, std::min(result.classes[c].size(), kLongestName));
  return static_cast<double>(longest) * kCharacter + 10;
}

}  // namespace

std::vector<Confusion> confusions(const ListResult& result) {
  std::vector<Confusion> all;
  const std::size_t classes = result.classes.size();
  std::vector<std::int64_t> clips;
  for (std::size_t label = 0; label < classes; ++label) {
    clips.push_back(result.clips_of(label));
    for (std::size_t named = 0; named < classes; ++named) {
      if (named != label && result.count(label, named) > 0) all.push_back({label, named, result.count(label, named)});
    }
  }
  std::stable_sort(all.begin(), all.end(), [&](const Confusion& a, const Confusion& b) {
    return a.clips != b.clips ? a.clips > b.clips : clips[a.label] < clips[b.label];
  });
  return all;
}

std::vector<std::size_t> confused_classes(const ListResult& result, std::size_t most) {
  std::set<std::size_t> chosen;
  if (result.classes.size() <= most) {
    for (std::size_t c = 0; c < result.classes.size(); ++c)
      chosen.insert(c);
  } else {
    for (const Confusion& confusion : confusions(result)) {
      const std::size_t more = 2 - chosen.count(confusion.label) - chosen.count(confusion.named);
      if (chosen.size() + more > most) continue;
      chosen.insert({confusion.label, confusion.named});
    }
  }
  return {chosen.begin(), chosen.end()};
}

std::string heat_map(const ListResult& result, const std::vector<std::size_t>& classes) {
  const bool large = classes.size() <= 16;  // cells that hold a number
  const double cell = large ? 28 : 17, names = name_width(result, classes);
  const double side = cell * static_cast<double>(classes.size()), slant = names * 0.72 + 10;
  const double width = names + side + slant, height = slant + side + 6;
  std::string out = fmt::format(
      "<svg class=\"heat\" width=\"{0:.0f}\" height=\"{1:.0f}\" viewBox=\"0 0 {0:.0f} {1:.0f}\" role=\"img\" "
      "aria-label=\"confusion matrix\">\n",
      width, height);
  out += fmt::format("<rect class=\"field\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"/>\n", names,
                     slant, side, side);
  for (std::size_t i = 0; i < classes.size(); ++i) {
    const double at = static_cast<double>(i) * cell;
    const std::string name = escaped(shortened(result.classes[classes[i]], kLongestName));
    out += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>", names - 6,
                       slant + at + cell / 2 + 4, name);
    out += fmt::format("<text transform=\"translate({:.1f} {:.1f}) rotate(-45)\">{}</text>", names + at + cell / 2 + 4,
                       slant - 6, name);
    if (i > 0) {
      out += fmt::format("<path class=\"line\" d=\"M{0:.1f} {1:.1f}h{2:.1f}M{3:.1f} {4:.1f}v{2:.1f}\"/>\n", names,
                         slant + at, side, names + at, slant);
    }
  }
  for (std::size_t row = 0; row < classes.size(); ++row) {
    const std::int64_t clips = std::max<std::int64_t>(result.clips_of(classes[row]), 1);
    for (std::size_t column = 0; column < classes.size(); ++column) {
      const std::int64_t count = result.count(classes[row], classes[column]);
      if (count == 0) continue;
      const double share = static_cast<double>(count) / static_cast<double>(clips);
      const double x = names + static_cast<double>(column) * cell, y = slant + static_cast<double>(row) * cell;
      out += fmt::format(
          "<rect class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{}\" height=\"{}\" fill-opacity=\"{:.2f}\"><title>{} "
          "named {}: "
          "{} of {}</title></rect>",
          row == column ? "right" : "wrong", x + 1, y + 1, cell - 2, cell - 2, 0.2 + 0.8 * std::min(share, 1.0),
          escaped(result.classes[classes[row]]), escaped(result.classes[classes[column]]), count, clips);
      if (large) {
        out += fmt::format("<text class=\"count\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>",
                           x + cell / 2, y + cell / 2 + 4, count);
      }
      out += '\n';
    }
  }
  return out + "</svg>\n";
}

}  // namespace vifi::train
