#pragma once

#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <numbers>

namespace vifi::train {

/// Random numbers that depend on the keys alone, such as {seed, epoch, sample}: not on threads, machines or libraries.
/// SplitMix64 (Steele, Lea, Flood 2014); the keys are folded in one after the other, so their order matters.
class Random {
 public:
  explicit Random(std::initializer_list<std::uint64_t> keys) {
    for (const std::uint64_t key : keys) state_ = mixed(state_ ^ mixed(key + kStep));
  }

  std::uint64_t next() { return mixed(state_ += kStep); }

  /// In [0, 1), 53 bits.
  double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  double uniform(double low, double high) { return low + (high - low) * uniform(); }

  /// In [0, bound), each value equally likely. @param bound  >= 1
  std::int64_t below(std::int64_t bound) {
    const auto range = static_cast<std::uint64_t>(bound);
    const std::uint64_t unfair = (0 - range) % range;  // so many of the 2^64 values are left over
    std::uint64_t value = next();
    while (value < unfair) value = next();
    return static_cast<std::int64_t>(value % range);
  }

  bool chance(double probability) { return uniform() < probability; }

  /// Standard normal (Box and Muller; the second value is not kept, so that every call costs two draws).
  double normal() {
    const double radius = std::sqrt(-2 * std::log(1 - uniform()));
    return radius * std::cos(2 * std::numbers::pi * uniform());
  }

 private:
  static constexpr std::uint64_t kStep = 0x9E3779B97F4A7C15;

  static std::uint64_t mixed(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }

  std::uint64_t state_ = 0;
};

}  // namespace vifi::train
