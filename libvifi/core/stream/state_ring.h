#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace vifi {

/// The states of a window's samples, newest last. Allocates once. Not thread-safe.
class StateRing {
 public:
  /// @param capacity    samples per window, > 0
  /// @param state_size  floats per state, > 0
  StateRing(int capacity, std::int64_t state_size);

  /// Keeps a copy of `state` as the newest, in place of the oldest where the ring is full.
  /// @param state    [state_size]
  /// @param encoded  false: the same frame again, for a further grid point
  void push(std::span<const float> state, bool encoded);

  /// Appends all states, oldest first: [size(), state_size].
  void append_to(std::vector<float>& out) const;

  int size() const { return size_; }
  /// How many of the states were encoded and not repeated.
  int encoded() const;

  void clear();

 private:
  int capacity_;
  std::int64_t state_size_;
  int size_ = 0;
  int next_ = 0;                    // slot of the next push
  std::vector<float> states_;       // [capacity, state_size]
  std::vector<std::uint8_t> encoded_;  // [capacity]
};

}  // namespace vifi
