#pragma once

#include <cstdint>
#include <string>

namespace vifi::training {

/// Progress on stderr: a bar on a terminal, where each line replaces the last; elsewhere a line now and then.
class Progress {
 public:
  Progress();

  /// @param share  0..1
  /// @param keep   print it where there is no terminal
  void show(double share, const std::string& text, bool keep);
  /// The line stands; the next begins below.
  void end();

 private:
  bool terminal_;
  bool open_ = false;
};

/// "1:05:09", "4:20"
std::string duration(double seconds);

}  // namespace vifi::training
