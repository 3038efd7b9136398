#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "timeline.h"
#include "vifi/labels.h"
#include "vifi/model_host.h"

namespace vifi::tools {

/// A window that one scene fills for the most part: what the model finds, and what a timeline says.
struct JudgedWindow {
  std::vector<double> similarities;   ///< [L], of all labels that were scored
  double change = 0;                  ///< mean distance of the similarities of one sampled frame from the next one's
  std::optional<std::size_t> action;  ///< the listed label that is shown
  bool idle = false;                  ///< shows no action; if neither, one that is not listed
};

/// Plays the video and appends its windows; those that lie across scenes are left out.
/// @param labels   the listed actions, then whatever else is to be scored
/// @param actions  how many of them are listed actions
/// @throws Error
void read_windows(const Timeline& timeline, const std::shared_ptr<ModelHost>& host,
                  const std::shared_ptr<const LabelBank>& labels, std::size_t actions,
                  std::vector<JudgedWindow>& windows);

}  // namespace vifi::tools
