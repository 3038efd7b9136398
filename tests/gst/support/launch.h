#pragma once

#include <string>

namespace vifi::testing {

/// Runs a line as gst-launch-1.0 takes it, to its end. @return the error, empty where there was none
std::string run_launch_line(const std::string& line);

}  // namespace vifi::testing
