#include "stream/state_ring.h"

#include <algorithm>
#include <numeric>

namespace vifi {

StateRing::StateRing(int capacity, std::int64_t state_size)
    : capacity_(capacity),
      state_size_(state_size),
      states_(static_cast<std::size_t>(capacity) * static_cast<std::size_t>(state_size)),
      encoded_(static_cast<std::size_t>(capacity)) {}

void StateRing::push(std::span<const float> state, bool encoded) {
  std::copy(state.begin(), state.end(), states_.begin() + next_ * state_size_);
  encoded_[static_cast<std::size_t>(next_)] = encoded ? 1 : 0;
  next_ = (next_ + 1) % capacity_;
  size_ = std::min(size_ + 1, capacity_);
}

void StateRing::append_to(std::vector<float>& out) const {
  const int oldest = size_ < capacity_ ? 0 : next_;
  const auto split = states_.begin() + oldest * state_size_;
  out.insert(out.end(), split, states_.begin() + size_ * state_size_);
  out.insert(out.end(), states_.begin(), split);
}

int StateRing::encoded() const { return std::accumulate(encoded_.begin(), encoded_.begin() + size_, 0); }

void StateRing::clear() { size_ = next_ = 0; }

}  // namespace vifi
