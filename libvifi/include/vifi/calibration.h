#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "vifi/export.h"

namespace vifi {

/// Area under the ROC curve: the chance that a positive scores above a negative, ties half. NaN where either is
/// missing.
VIFI_API double roc_area(std::span<const double> positives, std::span<const double> negatives);

/// Share of the negatives that reach the threshold which at least `recall` of the positives reach. NaN where either is
/// missing.
VIFI_API double false_positive_rate(std::span<const double> positives, std::span<const double> negatives,
                                    double recall = 0.95);

/// Expected calibration error over ten bins of equal width (Guo et al., ICML 2017, section 2), 0..1.
/// @param confidences  of the best label, 0..1
/// @param correct      was it right? As many.
VIFI_API double calibration_error(std::span<const double> confidences, const std::vector<bool>& correct);

/// A window's logits, and what it shows.
struct JudgedLogits {
  std::vector<double> logits;        ///< [L], at temperature 1
  std::vector<std::size_t> truth{};  ///< positions, of which any is right (all backgrounds, where nothing happens)
};

/// The temperature, 0.05 to 20, under which what the windows show is likeliest (Guo et al., section 4.2).
/// @throws Error(invalid_argument) where no window has a truth
VIFI_API double fit_temperature(std::span<const JudgedLogits> windows);

/// softmax(logits / temperature). [L]
VIFI_API std::vector<double> probabilities_of(std::span<const double> logits, double temperature);

/// Stores in a bundle what a calibration found; all other keys stay as they are. Atomic.
/// @param bundle  folder, or its vifi.json
/// @throws Error(not_found, unreadable, corrupt, unsupported)
VIFI_API void store_calibration(const std::string& bundle, double temperature,
                                const std::vector<std::string>& background_labels);

}  // namespace vifi
