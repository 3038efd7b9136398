#pragma once

#include <cstdint>

namespace vifi {

/// Knows which sample of a stream completes a window: sample T-1, then every `hop_samples`. Not thread-safe.
class WindowClock {
 public:
  /// @param frames       T, samples per window, > 0
  /// @param hop_samples  > 0
  WindowClock(int frames, std::int64_t hop_samples) : frames_(frames), hop_samples_(hop_samples) {}

  /// Counts one more sample. @return whether it completes a window
  bool advance() {
    ++samples_;
    const bool completes = samples_ >= frames_ && (samples_ - frames_) % hop_samples_ == 0;
    if (completes) {
      covered_ = samples_;
    }
    return completes;
  }

  std::int64_t samples() const { return samples_; }
  /// Have samples come since the last window was complete?
  bool has_tail() const { return samples_ > covered_; }

  void reset() { samples_ = covered_ = 0; }

 private:
  int frames_;
  std::int64_t hop_samples_;
  std::int64_t samples_ = 0;
  std::int64_t covered_ = 0;  // samples up to the end of the newest complete window
};

/// max(1, round(hop / (window / frames))), halves up.
inline std::int64_t hop_in_samples(std::int64_t hop_ns, std::int64_t window_ns, int frames) {
  const double samples = static_cast<double>(hop_ns) * frames / static_cast<double>(window_ns);
  return samples < 1 ? 1 : static_cast<std::int64_t>(samples + 0.5);
}

}  // namespace vifi
