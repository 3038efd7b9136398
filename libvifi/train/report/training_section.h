#pragma once

#include <string>
#include <vector>

#include "report/runs.h"
#include "vifi/export.h"

namespace vifi::train {

/// Loss, learning rate and accuracy of the runs that have a log, and a table of how they were trained; empty where none
/// has one.
VIFI_API std::string training_section(const std::vector<Run>& runs);

/// A trailing mean that follows a twentieth of the series; what is no number is left out of it.
VIFI_API std::vector<double> smoothed(const std::vector<double>& values);

}  // namespace vifi::train
