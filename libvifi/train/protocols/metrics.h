#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "vifi/export.h"

namespace vifi::train {

/// Sum over views of each view's softmax (the reference's multi-view rule; one view: its softmax).
/// @param logits  [V, C]
/// @return        [C]
VIFI_API std::vector<float> view_scores(std::span<const float> logits, std::int64_t classes);

/// The `count` best classes, best first; of equal scores the lower class comes first.
VIFI_API std::vector<std::int64_t> ranking(std::span<const float> scores, std::int64_t count);

/// Counts hits over samples. With fewer than five classes top-5 means any class. A plain value: counts of several
/// processes are added.
class VIFI_API Accuracy {
 public:
  /// @throws Error(invalid_argument) unless classes > 0
  explicit Accuracy(std::int64_t classes);

  /// @param scores  [C]
  /// @throws Error(invalid_argument) for a label outside the classes or scores of another number
  void add(std::span<const float> scores, std::int64_t label);
  /// @param best  the best classes, best first, as `ranking` gives five
  void add_ranked(std::span<const std::int64_t> best, std::int64_t label);
  void add(const Accuracy& other);

  std::int64_t classes() const noexcept { return classes_; }
  std::int64_t total() const noexcept { return total_; }
  std::int64_t top1_hits() const noexcept { return top1_; }
  std::int64_t top5_hits() const noexcept { return top5_; }
  double top1() const;  ///< percent; 0 of no samples
  double top5() const;

  /// [C * C], row: the true class, column: the best-scored one.
  const std::vector<std::int64_t>& confusion() const noexcept { return confusion_; }
  /// Percent of each class's samples that were named right; NaN for a class without samples.
  std::vector<double> per_class() const;

 private:
  std::int64_t classes_;
  std::int64_t total_ = 0, top1_ = 0, top5_ = 0;
  std::vector<std::int64_t> confusion_;
};

/// 2bn / (b + n) of base and novel accuracy; 0 where both are.
VIFI_API double harmonic_mean(double base, double novel);

struct Spread {
  double mean = 0;
  double std_sample = 0;      ///< with n - 1; 0 for a single run
  double std_population = 0;  ///< with n
};

/// @throws Error(invalid_argument) without runs
VIFI_API Spread spread_of(std::span<const double> runs);

}  // namespace vifi::train
