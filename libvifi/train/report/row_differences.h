#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "report/protocol_table.h"
#include "vifi/export.h"

namespace vifi::train {

/// By how much one row leads another in a column.
struct RowDifference {
  std::string column, row, than;
  double points = 0;               ///< of top-1, percent; at or above 0
  std::optional<double> spread{};  ///< twice the standard error of the difference over seeds, see `row_differences`
  bool exceeds_spread() const { return spread && points > *spread; }
};

/// Every pair of rows in every column, each pair with the better row first.
///
/// A mean over n seeds has the standard error s/sqrt(n); that of a difference is the root of the sum of squares. A row
/// with one result takes the root mean square of the deviations in its column; a row that was not trained has no seed
/// and no error. Where a column's trained rows have one result each, nothing is known of the spread.
VIFI_API std::vector<RowDifference> row_differences(const ProtocolTable& table);

/// `[{"column", "row", "than", "points", "spread", "exceeds_spread"}]`; the last two are null where it is not known.
VIFI_API nlohmann::ordered_json differences_json(const std::vector<RowDifference>& differences);

/// A table for each column, row less column, what exceeds the spread in bold; empty where there is no pair.
VIFI_API std::string differences_html(const ProtocolTable& table, const std::vector<RowDifference>& differences);

}  // namespace vifi::train
