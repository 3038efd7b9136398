#include "report/row_differences.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/markup.h"

namespace vifi::train {
namespace {

/// Over seeds; that of a single result is over its splits.
bool has_spread(const ProtocolCell& cell) {
  return cell.trained && cell.deviation && cell.seeds > 1;
}

/// Root mean square of the deviations that the column's rows have.
std::optional<double> common_deviation(const ProtocolTable& table, const std::string& column) {
  double squares = 0;
  int rows = 0;
  for (const ProtocolRow& row : table.rows) {
    const auto place = row.cells.find(column);
    if (place == row.cells.end() || !has_spread(place->second)) continue;
    squares += *place->second.deviation * *place->second.deviation;
    ++rows;
  }
  return rows > 0 ? std::optional(std::sqrt(squares / rows)) : std::nullopt;
}

/// Square of the standard error of a cell's mean.
std::optional<double> squared_error(const ProtocolCell& cell, std::optional<double> common) {
  if (!cell.trained) return 0.0;
  const std::optional<double> deviation = has_spread(cell) ? cell.deviation : common;
  if (!deviation) return std::nullopt;
  return *deviation * *deviation / static_cast<double>(cell.seeds > 0 ? cell.seeds : 1);
}

const RowDifference* find(const std::vector<RowDifference>& differences, const std::string& column,
                          const std::string& one, const std::string& other) {
  const auto place = std::find_if(differences.begin(), differences.end(), [&](const RowDifference& difference) {
    return difference.column == column && ((difference.row == one && difference.than == other) ||
                                           (difference.row == other && difference.than == one));
  });
  return place == differences.end() ? nullptr : &*place;
}

std::string cell_html(const RowDifference& difference, bool reversed) {
  const std::string points = fmt::format("{}{:.1f}", reversed ? "−" : "+", difference.points);
  if (!difference.spread) return fmt::format("<td class=\"n\" title=\"one result each\">{} <small>?</small></td>", points);
  const std::string title = fmt::format("twice the standard error: {:.1f}", *difference.spread);
  return difference.exceeds_spread()
             ? fmt::format("<td class=\"n best\" title=\"{}\">{}</td>", title, points)
             : fmt::format("<td class=\"n\" title=\"{}\"><small>{}</small></td>", title, points);
}

}  // namespace

std::vector<RowDifference> row_differences(const ProtocolTable& table) {
  std::vector<RowDifference> differences;
  for (const std::string& column : table.columns) {
    const std::optional<double> common = common_deviation(table, column);
    for (auto row = table.rows.begin(); row != table.rows.end(); ++row) {
      for (auto other = std::next(row); other != table.rows.end(); ++other) {
        const auto ours = row->cells.find(column), theirs = other->cells.find(column);
        if (ours == row->cells.end() || theirs == other->cells.end()) continue;
        const double points = ours->second.top1 - theirs->second.top1;
        const bool leads = points >= 0;
        RowDifference difference{column, leads ? row->name : other->name, leads ? other->name : row->name,
                                 std::abs(points)};
        const std::optional<double> one = squared_error(ours->second, common);
        const std::optional<double> two = squared_error(theirs->second, common);
        if (one && two) difference.spread = 2 * std::sqrt(*one + *two);
        differences.push_back(std::move(difference));
      }
    }
  }
  return differences;
}

nlohmann::ordered_json differences_json(const std::vector<RowDifference>& differences) {
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (const RowDifference& difference : differences) {
    nlohmann::ordered_json entry{{"column", difference.column},
                                 {"row", difference.row},
                                 {"than", difference.than},
                                 {"points", difference.points},
                                 {"spread", nullptr},
                                 {"exceeds_spread", nullptr}};
    if (difference.spread) {
      entry["spread"] = *difference.spread;
      entry["exceeds_spread"] = difference.exceeds_spread();
    }
    all.push_back(std::move(entry));
  }
  return all;
}

std::string differences_html(const ProtocolTable& table, const std::vector<RowDifference>& differences) {
  if (differences.empty()) return "";
  std::string out =
      "<details class=\"list\" id=\"differences\"><summary>Differences between rows</summary>\n<p class=\"note\">By "
      "how many points the row leads the column. <b>Bold</b>: more than twice the standard error over seeds; small: "
      "not more; ?: one result each, so nothing is known of the spread. Clips that are tested are the same for all rows "
      "and make no part of it.</p>\n<div class=\"plots\">\n";
  for (const std::string& column : table.columns) {
    std::vector<std::string> names;
    for (const ProtocolRow& row : table.rows)
      if (row.cells.contains(column)) names.push_back(row.name);
    if (names.size() < 2) continue;
    out += fmt::format("<div class=\"scroll\"><h4>{}</h4><table class=\"differences\"><thead><tr><th></th>", escaped(column));
    for (const std::string& name : names)
      out += "<th class=\"n\">" + escaped(name) + "</th>";
    out += "</tr></thead><tbody>\n";
    for (const std::string& row : names) {
      out += "<tr><th>" + escaped(row) + "</th>";
      for (const std::string& other : names) {
        const RowDifference* difference = row == other ? nullptr : find(differences, column, row, other);
        out += difference ? cell_html(*difference, difference->row != row) : "<td class=\"n\"></td>";
      }
      out += "</tr>\n";
    }
    out += "</tbody></table></div>\n";
  }
  return out + "</div></details>\n";
}

}  // namespace vifi::train
