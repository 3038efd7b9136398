#pragma once

#include <string>
#include <vector>

#include "report/protocol_table.h"
#include "report/runs.h"
#include "vifi/export.h"

namespace vifi::train {

struct PageOptions {
  std::string root;        ///< of the videos; empty: as results or configurations tell
  std::size_t errors = 9;  ///< wrong clips that are shown of each list; 0: none
};

/// The report as one HTML page, well-formed as XML, that needs nothing else: no script, no style sheet, no address.
VIFI_API std::string report_page(const std::vector<Run>& runs, const ProtocolTable& table, const PageOptions& options);

/// The table of scores alone. In each column the best is marked where there are several.
VIFI_API std::string protocol_html(const ProtocolTable& table);

}  // namespace vifi::train
