#pragma once

#include <optional>
#include <span>
#include <vector>

#include "vifi/preprocess.h"

namespace vifi {

/// Remembers the newest picture that was encoded, and its state, for pictures that look the same. It compares luma in
/// each cell of an 8 x 8 grid, so that something small that moves counts as much as something large, and always with
/// the picture that was encoded, so that slow changes add up. Not thread-safe.
class ChangeGate {
 public:
  explicit ChangeGate(const PreprocessSpec& spec);

  /// The remembered state if the picture differs by less than `threshold` in every cell, else nothing. Also nothing for
  /// a picture that lies on a device.
  /// @param threshold  mean absolute difference of a cell's luma, 0..1
  std::optional<std::vector<float>> state_of(const PreparedFrame& frame, double threshold);

  /// Remembers the picture that `state_of` was asked about last.
  void keep(std::span<const float> state);

 private:
  double largest_difference() const;

  float weights_[3];          // from normalised red, green, blue to luma 0..1, but for an offset
  int side_ = 0;              // of the pictures below; 0: the last one cannot be compared
  std::vector<float> asked_;  // [side * side], luma
  std::vector<float> kept_;   // the same, of the picture that was encoded; empty: none
  std::vector<float> state_;
};

}  // namespace vifi
