#include "report/page.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>

#include "report/class_section.h"
#include "report/markup.h"
#include "report/page_style.h"
#include "report/row_differences.h"
#include "report/sample_frames.h"
#include "report/training_section.h"

namespace vifi::train {
namespace {

/// A list of a run with details, of which the page tells.
struct Detail {
  const Run* run;
  const Result* result;
  const ListResult* list;
  std::string id;
  std::string title;
};

constexpr std::size_t kMostLinks = 12;  // more would fill the first screen

/// As the command line places it in the table, else as it is called.
std::string place_of(const Run& run) {
  const std::string &row = run.argument.row, &column = run.argument.column;
  return row.empty() ? run.name : column.empty() ? row : row + ", " + column;
}

std::vector<Detail> details_of(const std::vector<Run>& runs) {
  std::vector<Detail> all;
  for (const Run& run : runs) {
    for (const Result& result : run.results) {
      const std::string model =
          result.weights.empty() ? "before the fine-tuning" : std::filesystem::path(result.weights).filename().string();
      for (const ListResult& list : result.lists) {
        all.push_back(
            {&run, &result, &list, fmt::format("list-{}", all.size() + 1),
             fmt::format("{}{} on {}, {}", run.argument.row.empty() ? "" : place_of(run) + ": ", run.name,
                         std::filesystem::path(list.list).filename().string(), model)});
      }
    }
  }
  return all;
}

std::string head(const std::vector<Run>& runs, const std::vector<Detail>& details, bool trained) {
  std::vector<std::string> rows;
  for (const Run& run : runs) {
    const std::string& row = run.argument.row.empty() ? run.name : run.argument.row;
    if (std::find(rows.begin(), rows.end(), row) == rows.end()) rows.push_back(row);
  }
  const std::string names = fmt::format("{}", fmt::join(rows, ", "));
  std::string out = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/><meta name=\"viewport\" "
      "content=\"width=device-width, initial-scale=1\"/><title>{0} – training "
      "report</title>\n<style>{1}</style></head>\n"
      "<body><main>\n<h1>Training report</h1>\n<p class=\"note\">{0}</p>\n<nav><a href=\"#scores\">Scores</a>",
      escaped(shortened(names, 160)), kPageStyle);
  if (trained) out += "<a href=\"#training\">Training</a>";
  const bool many = details.size() > kMostLinks;
  if (many) out += fmt::format("<details><summary>{} lists</summary>", details.size());
  for (const Detail& detail : details)
    out += fmt::format("<a href=\"#{}\">{}</a>{}", detail.id, escaped(detail.title), many ? "<br/>" : "");
  return out + (many ? "</details>" : "") + "</nav>\n";
}

ErrorFrames frames_of(const Detail& detail, const PageOptions& options) {
  const std::vector<ClipResult> clips = telling_errors(*detail.list, options.errors);
  std::string root = options.root.empty() ? detail.list->root : options.root;
  if (root.empty() && detail.run->config) root = detail.run->config->text("DATA.ROOT");
  return error_frames(clips, root);
}

std::string detail_section(const Detail& detail, bool open, const PageOptions& options) {
  return fmt::format("<section id=\"{}\"><details class=\"list\"{}><summary>{}</summary>\n<p class=\"note\">{}</p>\n",
                     detail.id, open ? " open=\"open\"" : "", escaped(detail.title), escaped(detail.result->file)) +
         class_section(*detail.list, frames_of(detail, options)) + "</details></section>\n";
}

}  // namespace

std::string protocol_html(const ProtocolTable& table) {
  std::string out = "<div class=\"scroll\"><table class=\"scores\"><thead><tr><th>run</th>";
  for (const std::string& column : table.columns)
    out += "<th class=\"n\">" + escaped(column) + "</th>";
  out += "</tr></thead><tbody>\n";
  for (const ProtocolRow& row : table.rows) {
    out += "<tr><th>" + escaped(row.name) + "</th>";
    for (const std::string& column : table.columns) {
      const auto place = row.cells.find(column);
      if (place == row.cells.end()) {
        out += "<td class=\"n\"><small>–</small></td>";
        continue;
      }
      const ProtocolCell& cell = place->second;
      const auto worse = [&](const ProtocolRow& other) {
        const auto theirs = other.cells.find(column);
        return &other != &row && theirs != other.cells.end() && theirs->second.top1 < cell.top1;
      };
      const auto better = [&](const ProtocolRow& other) {
        const auto theirs = other.cells.find(column);
        return theirs != other.cells.end() && theirs->second.top1 > cell.top1;
      };
      const bool best = std::any_of(table.rows.begin(), table.rows.end(), worse) &&
                        std::none_of(table.rows.begin(), table.rows.end(), better);
      std::string title = cell.results == 0 ? std::string("of the means of base and novel")
                                            : fmt::format("{} result{}", cell.results, cell.results == 1 ? "" : "s");
      if (cell.top5) title += fmt::format(", top-5 {} %", fixed(*cell.top5, 1));
      out += fmt::format("<td class=\"n{}\" title=\"{}\">{}", best ? " best" : "", title, fixed(cell.top1, 1));
      if (cell.deviation) out += fmt::format(" <small>± {}</small>", fixed(*cell.deviation, 1));
      out += "</td>";
    }
    out += "</tr>\n";
  }
  return out + "</tbody></table></div>\n";
}

std::string report_page(const std::vector<Run>& runs, const ProtocolTable& table, const PageOptions& options) {
  const std::vector<Detail> details = details_of(runs);
  const std::string training = training_section(runs);
  std::string page = head(runs, details, !training.empty());
  page +=
      "<section id=\"scores\"><h2>Scores</h2>\n<p class=\"note\">Top-1 in percent; with several seeds or splits their "
      "mean ± deviation.";
  const auto has = [&](const char* column) {
    return std::find(table.columns.begin(), table.columns.end(), column) != table.columns.end();
  };
  if (has(kHarmonic)) page += " HM: harmonic mean of base and novel.";
  if (has(kValidation)) page += " Validation: the training’s own tests, in the best epoch.";
  page += "</p>\n" + protocol_html(table) + differences_html(table, row_differences(table)) + "</section>\n" + training;
  for (std::size_t i = 0; i < details.size(); ++i)
    page += detail_section(details[i], i == 0, options);
  return page + "</main></body></html>\n";
}

}  // namespace vifi::train
