#pragma once

#include <CLI/CLI.hpp>

#include "vifi/event_detector.h"

namespace vifi::tools {

/// --smoothing, --enter-threshold, --exit-threshold, --min-duration, --merge-gap: the element's properties
class EventArguments {
 public:
  void add_to(CLI::App& command);
  EventOptions options() const;

 private:
  EventOptions options_;
  double smoothing_s_ = static_cast<double>(options_.smoothing_ns) / 1e9;
  double min_duration_s_ = 0;
  double merge_gap_s_ = 0;
};

}  // namespace vifi::tools
