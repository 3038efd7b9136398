#include "progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <iostream>

namespace vifi::training {

Progress::Progress() : terminal_(isatty(STDERR_FILENO) == 1) {}

void Progress::show(double share, const std::string& text, bool keep) {
  if (!terminal_) {
    if (keep) {
      std::cerr << text << '\n';
    }
    return;
  }
  constexpr int kWidth = 24;
  const int filled = static_cast<int>(std::lround(kWidth * std::clamp(share, 0.0, 1.0)));
  std::cerr << "\r\033[K[" << std::string(static_cast<std::size_t>(filled), '#')
            << std::string(static_cast<std::size_t>(kWidth - filled), '.') << "] " << text << std::flush;
  open_ = true;
}

void Progress::end() {
  if (open_) {
    std::cerr << '\n';
    open_ = false;
  }
}

std::string duration(double seconds) {
  const auto whole = static_cast<std::int64_t>(std::clamp(seconds, 0.0, 1e9));
  const std::int64_t hours = whole / 3600, minutes = whole / 60 % 60;
  return hours > 0 ? fmt::format("{}:{:02}:{:02}", hours, minutes, whole % 60) : fmt::format("{}:{:02}", minutes, whole % 60);
}

}  // namespace vifi::training
