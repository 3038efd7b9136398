#include "report/class_section.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "report/heat_map.h"
#include "report/markup.h"

namespace vifi::train {
namespace {

constexpr std::size_t kWorst = 10, kConfusions = 10, kMatrixClasses = 48, kMatrixPart = 32;

std::string percent(double value) {
  return fixed(value, 1) + " %";
}

/// Classes with clips, the weakest first; of equal ones that with more clips.
std::vector<std::size_t> by_accuracy(const ListResult& result) {
  std::vector<std::size_t> order;
  std::vector<std::int64_t> clips;
  for (std::size_t c = 0; c < result.classes.size(); ++c) {
    clips.push_back(result.clips_of(c));
    if (result.top1[c]) order.push_back(c);
  }
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return *result.top1[a] != *result.top1[b] ? *result.top1[a] < *result.top1[b] : clips[a] > clips[b];
  });
  return order;
}

std::string bar(double value) {
  return fmt::format("<span class=\"bar\"><span style=\"width:{:.1f}%\"></span></span>", std::clamp(value, 0.0, 100.0));
}

/// What a class was most often taken for: "running (3)".
std::string taken_for(const ListResult& result, std::size_t label) {
  std::size_t named = label;
  for (std::size_t c = 0; c < result.classes.size(); ++c) {
    if (c != label && result.count(label, c) > 0 &&
        (named == label || result.count(label, c) > result.count(label, named)))
      named = c;
  }
  return named == label ? "" : fmt::format("{} ({})", escaped(result.classes[named]), result.count(label, named));
}

std::string figures(const ListResult& result) {
  std::int64_t clips = std::accumulate(result.confusion.begin(), result.confusion.end(), std::int64_t{0}), right = 0;
  double sum = 0;
  std::size_t counted = 0, none = 0;
  for (std::size_t c = 0; c < result.classes.size(); ++c) {
    right += result.count(c, c);
    if (!result.top1[c]) continue;
    sum += *result.top1[c];
    ++counted;
    none += *result.top1[c] == 0 ? 1 : 0;
  }
  const auto tile = [](const std::string& value, const std::string& what) {
    return fmt::format("<div class=\"tile\"><b>{}</b><span>{}</span></div>\n", value, what);
  };
  std::string out = "<div class=\"tiles\">\n";
  out += tile(percent(clips == 0 ? 0 : 100.0 * static_cast<double>(right) / static_cast<double>(clips)),
              "top-1 of all clips");
  out += tile(percent(counted == 0 ? 0 : sum / static_cast<double>(counted)), "mean of the classes");
  out += tile(fmt::format("{} of {}", clips - right, clips), "clips named wrong");
  out += tile(fmt::format("{} of {}", none, counted), "classes never recognised");
  return out + "</div>\n";
}

std::string worst_table(const ListResult& result, const std::vector<std::size_t>& order) {
  std::string out =
      "<div><h4>Weakest classes</h4>\n<table><thead><tr><th>class</th><th class=\"n\">clips</th><th "
      "class=\"n\">top-1</th>"
      "<th>most often taken for</th></tr></thead><tbody>\n";
  for (std::size_t i = 0; i < std::min(order.size(), kWorst); ++i) {
    const std::size_t c = order[i];
    out += fmt::format("<tr><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td>{}</td></tr>\n",
                       escaped(result.classes[c]), result.clips_of(c), percent(*result.top1[c]), taken_for(result, c));
  }
  return out + "</tbody></table></div>\n";
}

std::string confusion_table(const ListResult& result) {
  const std::vector<Confusion> all = confusions(result);
  std::string out = "<div><h4>Most frequent mistakes</h4>\n";
  if (all.empty()) return out + "<p>None: every clip was named right.</p></div>\n";
  out += "<table><thead><tr><th>shown</th><th>named</th><th class=\"n\">clips</th></tr></thead><tbody>\n";
  for (std::size_t i = 0; i < std::min(all.size(), kConfusions); ++i) {
    out += fmt::format("<tr><td>{}</td><td>{}</td><td class=\"n\">{} of {}</td></tr>\n",
                       escaped(result.classes[all[i].label]), escaped(result.classes[all[i].named]), all[i].clips,
                       result.clips_of(all[i].label));
  }
  return out + "</tbody></table></div>\n";
}

std::string matrix(const ListResult& result) {
  const bool whole = result.classes.size() <= kMatrixClasses;
  const std::vector<std::size_t> classes = confused_classes(result, whole ? kMatrixClasses : kMatrixPart);
  if (classes.empty()) return "";
  std::string out =
      "<h4>Confusion matrix</h4>\n<p class=\"note\">Rows: what the clips show. Columns: what they were named. "
      "<span class=\"key right\"></span> right, <span class=\"key wrong\"></span> wrong; the stronger, the "
      "larger the share of the row.";
  if (!whole) {
    out += fmt::format(" The {} classes of the most frequent mistakes, of {}; clips named otherwise are not shown.",
                       classes.size(), result.classes.size());
  }
  return out + "</p>\n<div class=\"scroll\">\n" + heat_map(result, classes) + "</div>\n";
}

std::string wrong_clips(const ListResult& result, const ErrorFrames& errors) {
  if (errors.shown.empty() && errors.reason.empty()) return "";
  std::string out = "<h4>Clips named wrong</h4>\n";
  if (!errors.shown.empty())
    out += "<p class=\"note\">The surest mistakes; four frames of each clip, from its beginning to its end.</p>\n";
  if (!errors.reason.empty()) out += "<p class=\"note warn\">" + escaped(errors.reason) + "</p>\n";
  out += "<div class=\"clips\">\n";
  for (const ShownError& error : errors.shown) {
    const std::string label = escaped(result.classes[error.clip.label]),
                      named = escaped(result.classes[error.clip.best.front()]);
    out += fmt::format(
        "<figure><img alt=\"frames of {}\" src=\"data:image/png;base64,{}\"/><figcaption><span class=\"is\">{}</span> "
        "<span class=\"as\">named {}, {}</span><code>{}</code></figcaption></figure>\n",
        escaped(error.clip.video), base64(error.png), label, named, percent(100 * error.clip.score),
        escaped(error.clip.video));
  }
  return out + "</div>\n";
}

std::string every_class(const ListResult& result, const std::vector<std::size_t>& order) {
  std::string out = fmt::format(
      "<details{}><summary>Accuracy of all {} classes, the weakest first</summary>\n<ol class=\"classes\">\n",
      order.size() <= 60 ? " open=\"open\"" : "", order.size());
  for (const std::size_t c : order) {
    out += fmt::format(
        "<li><span class=\"what\" title=\"{0}, {1} clips\">{0}</span>{2}<span class=\"n\">{3}</span></li>\n",
        escaped(result.classes[c]), result.clips_of(c), bar(*result.top1[c]), percent(*result.top1[c]));
  }
  return out + "</ol></details>\n";
}

}  // namespace

std::string class_section(const ListResult& result, const ErrorFrames& errors) {
  const std::vector<std::size_t> order = by_accuracy(result);
  return figures(result) + "<div class=\"pair\">\n" + worst_table(result, order) + confusion_table(result) +
         "</div>\n" + wrong_clips(result, errors) + matrix(result) + every_class(result, order);
}

}  // namespace vifi::train
