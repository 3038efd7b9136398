#pragma once

#include <string>
#include <vector>

#include "case_file.h"

namespace vifi::parity {

/// How one expected tensor compares with the computed one.
struct TensorComparison {
  std::string name;
  bool passed = false;
  std::string problem;       ///< missing, shape or dtype; empty where the values could be compared
  double largest_error = 0;  ///< the |got - want| that exceeds its tolerance most (NaN: one of both is no number)
  std::string where;         ///< its index, "[0, 3]"
  double got = 0, want = 0;  ///< the two values there
  std::int64_t beyond = 0;   ///< number of values outside the tolerance
  std::int64_t count = 0;
  Tolerance tolerance;
  double excess = 0;  ///< error / tolerance there; 1 is the limit

  std::string text() const;  ///< one line for people
};

/// Compares values by |got - want| <= atol + rtol*|want|; where `want` holds integers, exactly.
TensorComparison compare_tensor(const std::string& name, const Tensor& got, const Tensor& want, Tolerance tolerance);

/// All complaints about what an operation returned; none: it passes. The worst tensor comes first.
/// @param comparisons  where not null, gets every tensor's comparison, passed ones too
std::vector<std::string> compare_output(const Output& got, const Expectation& want,
                                        std::vector<TensorComparison>* comparisons = nullptr);

/// Whether a refusal of kind `got` does for a case that expects `want`: `any` takes every kind of a clean refusal,
/// truncated and corrupt stand for each other.
bool same_kind(const std::string& got, const std::string& want);

}  // namespace vifi::parity
