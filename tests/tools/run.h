#pragma once

#include <map>
#include <string>
#include <vector>

namespace vifi {

struct Execution {
  int status = 0;    ///< exit status; -1: killed
  std::string out;
  std::string err;
};

/// Runs the command `vifi` (of $VIFI_TOOL) to its end. @param environment  set on top of this process's own
Execution run_vifi(const std::vector<std::string>& arguments, const std::map<std::string, std::string>& environment = {},
             const std::string& input = "");

/// The lines of a text, without the empty last one.
std::vector<std::string> lines_of(const std::string& text);

/// A file of the test data, or of the source tree.
std::string test_file(const std::string& name);
std::string source_file(const std::string& name);

}  // namespace vifi
