#include "stream/change_gate.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace vifi {
namespace {

constexpr int kCells = 8;  // a side

}  // namespace

ChangeGate::ChangeGate(const PreprocessSpec& spec)
    : weights_{0.299F * spec.std[0], 0.587F * spec.std[1], 0.114F * spec.std[2]} {}

std::optional<std::vector<float>> ChangeGate::state_of(const PreparedFrame& frame, double threshold) {
  const std::size_t plane = static_cast<std::size_t>(frame.size) * static_cast<std::size_t>(frame.size);
  if (frame.device || plane == 0 || frame.pixels.size() != 3 * plane) {
    side_ = 0;
    return std::nullopt;
  }
  side_ = frame.size;
  asked_.resize(plane);
  const float* red = frame.pixels.data();
  for (std::size_t i = 0; i < plane; ++i) {
    asked_[i] = weights_[0] * red[i] + weights_[1] * red[plane + i] + weights_[2] * red[2 * plane + i];
  }
  if (kept_.size() != plane || largest_difference() >= threshold) {
    return std::nullopt;
  }
  return state_;
}

void ChangeGate::keep(std::span<const float> state) {
  if (side_ == 0) {
    kept_.clear();
    return;
  }
  kept_.swap(asked_);
  state_.assign(state.begin(), state.end());
}

double ChangeGate::largest_difference() const {
  const int cells = std::min(kCells, side_);
  double largest = 0;
  for (int cell = 0; cell < cells * cells; ++cell) {
    const int top = cell / cells * side_ / cells, bottom = (cell / cells + 1) * side_ / cells;
    const int left = cell % cells * side_ / cells, right = (cell % cells + 1) * side_ / cells;
    float sum = 0;
    for (int y = top; y < bottom; ++y) {
      const std::size_t row = static_cast<std::size_t>(y) * static_cast<std::size_t>(side_);
      for (std::size_t i = row + static_cast<std::size_t>(left); i < row + static_cast<std::size_t>(right); ++i) {
        sum += std::abs(asked_[i] - kept_[i]);
      }
    }
    largest = std::max(largest, static_cast<double>(sum) / ((bottom - top) * (right - left)));
  }
  return largest;
}

}  // namespace vifi
