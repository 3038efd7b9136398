#include "vifi/calibration.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "vifi/error.h"

namespace vifi {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kColdest = 0.05, kHottest = 20;

/// Mean negative logarithm of the probability of what the windows show.
double surprise(std::span<const JudgedLogits> windows, double temperature) {
  double sum = 0;
  std::size_t count = 0;
  for (const JudgedLogits& window : windows) {
    if (window.truth.empty()) {
      continue;
    }
    const std::vector<double> probabilities = probabilities_of(window.logits, temperature);
    double right = 0;
    for (const std::size_t position : window.truth) {
      right += probabilities.at(position);
    }
    sum -= std::log(std::max(right, 1e-300));
    ++count;
  }
  return count > 0 ? sum / static_cast<double>(count) : kNan;
}

}  // namespace

double roc_area(std::span<const double> positives, std::span<const double> negatives) {
  if (positives.empty() || negatives.empty()) {
    return kNan;
  }
  std::vector<double> sorted(negatives.begin(), negatives.end());
  std::sort(sorted.begin(), sorted.end());
  double wins = 0;
  for (const double positive : positives) {
    const auto [low, high] = std::equal_range(sorted.begin(), sorted.end(), positive);
    wins += static_cast<double>(low - sorted.begin()) + static_cast<double>(high - low) / 2;
  }
  return wins / static_cast<double>(positives.size()) / static_cast<double>(negatives.size());
}

double false_positive_rate(std::span<const double> positives, std::span<const double> negatives, double recall) {
  if (positives.empty() || negatives.empty()) {
    return kNan;
  }
  std::vector<double> sorted(positives.begin(), positives.end());
  std::sort(sorted.begin(), sorted.end(), std::greater<>());
  const double wanted = std::ceil(recall * static_cast<double>(sorted.size()));
  const double threshold = sorted[std::clamp<std::size_t>(static_cast<std::size_t>(wanted), 1, sorted.size()) - 1];
  const auto reached =
      std::count_if(negatives.begin(), negatives.end(), [&](double score) { return score >= threshold; });
  return static_cast<double>(reached) / static_cast<double>(negatives.size());
}

double calibration_error(std::span<const double> confidences, const std::vector<bool>& correct) {
  if (confidences.empty()) {
    return kNan;
  }
  struct Bin {
    double confidence = 0, right = 0;
  };
  std::array<Bin, 10> bins{};
  for (std::size_t i = 0; i < confidences.size(); ++i) {
    const auto at = static_cast<std::size_t>(std::clamp(confidences[i] * 10, 0.0, 9.0));
    bins[at].confidence += confidences[i];
    bins[at].right += correct.at(i) ? 1 : 0;
  }
  const double apart = std::accumulate(bins.begin(), bins.end(), 0.0, [](double sum, const Bin& bin) {
    return sum + std::abs(bin.confidence - bin.right);
  });
  return apart / static_cast<double>(confidences.size());
}

std::vector<double> probabilities_of(std::span<const double> logits, double temperature) {
  std::vector<double> powers(logits.size());
  if (logits.empty()) {
    return powers;
  }
  const double highest = *std::max_element(logits.begin(), logits.end());
  std::transform(logits.begin(), logits.end(), powers.begin(),
                 [&](double logit) { return std::exp((logit - highest) / temperature); });
  const double sum = std::accumulate(powers.begin(), powers.end(), 0.0);
  for (double& power : powers) {
    power /= sum;
  }
  return powers;
}

/// Golden-section search over the logarithm; the surprise has one minimum where each truth is one label.
double fit_temperature(std::span<const JudgedLogits> windows) {
  if (std::isnan(surprise(windows, 1))) {
    throw Error(ErrorCode::invalid_argument, "[calibrate] no window of a known label",
                "give videos that show the labels");
  }
  const double section = (std::sqrt(5.0) - 1) / 2;
  double low = std::log(kColdest), high = std::log(kHottest);
  double left = high - section * (high - low), right = low + section * (high - low);
  double left_value = surprise(windows, std::exp(left)), right_value = surprise(windows, std::exp(right));
  while (high - low > 1e-4) {
    if (left_value <= right_value) {
      high = right;
      right = left;
      right_value = left_value;
      left = high - section * (high - low);
      left_value = surprise(windows, std::exp(left));
    } else {
      low = left;
      left = right;
      left_value = right_value;
      right = low + section * (high - low);
      right_value = surprise(windows, std::exp(right));
    }
  }
  return std::exp((low + high) / 2);
}

}  // namespace vifi
