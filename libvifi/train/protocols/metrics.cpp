#include "protocols/metrics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>

#include "vifi/error.h"

namespace vifi::train {
namespace {

double percent(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

std::vector<float> view_scores(std::span<const float> logits, std::int64_t classes) {
  const auto count = static_cast<std::size_t>(classes);
  if (classes < 1 || logits.empty() || logits.size() % count != 0) {
    throw Error(ErrorCode::invalid_argument, "[score views] " + std::to_string(logits.size()) + " logits of " +
                                                 std::to_string(classes) + " classes: expected whole views");
  }
  std::vector<double> sums(count, 0.0), shares(count);
  for (std::size_t view = 0; view < logits.size(); view += count) {
    const auto row = logits.subspan(view, count);
    const double largest = *std::max_element(row.begin(), row.end());
    std::transform(row.begin(), row.end(), shares.begin(), [largest](float value) { return std::exp(value - largest); });
    const double total = std::accumulate(shares.begin(), shares.end(), 0.0);
    std::transform(sums.begin(), sums.end(), shares.begin(), sums.begin(),
                   [total](double sum, double share) { return sum + share / total; });
  }
  return {sums.begin(), sums.end()};
}

std::vector<std::int64_t> ranking(std::span<const float> scores, std::int64_t count) {
  std::vector<std::int64_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0);
  const auto end = order.begin() + std::min<std::ptrdiff_t>(count, std::ssize(order));
  std::partial_sort(order.begin(), end, order.end(), [&](std::int64_t a, std::int64_t b) {
    const float left = scores[static_cast<std::size_t>(a)], right = scores[static_cast<std::size_t>(b)];
    return left != right ? left > right : a < b;
  });
  order.erase(end, order.end());
  return order;
}

Accuracy::Accuracy(std::int64_t classes) : classes_(classes) {
  constexpr std::int64_t kMostClasses = 100'000;
  if (classes < 1 || classes > kMostClasses) {
    throw Error(ErrorCode::invalid_argument, "[accuracy] " + std::to_string(classes) + " classes: expected 1 to " +
                                                 std::to_string(kMostClasses));
  }
  confusion_.resize(static_cast<std::size_t>(classes * classes));
}

void Accuracy::add(std::span<const float> scores, std::int64_t label) {
  if (std::ssize(scores) != classes_ || label < 0 || label >= classes_) {
    throw Error(ErrorCode::invalid_argument,
                "[accuracy] label " + std::to_string(label) + " with " + std::to_string(scores.size()) +
                    " scores: expected a label and a score for each of " + std::to_string(classes_) + " classes",
                "the list's labels and DATA.LABEL_LIST do not fit each other");
  }
  add_ranked(ranking(scores, 5), label);
}

void Accuracy::add_ranked(std::span<const std::int64_t> best, std::int64_t label) {
  const auto within = [this](std::int64_t value) { return value >= 0 && value < classes_; };
  if (best.empty() || !within(label) || !std::all_of(best.begin(), best.end(), within)) {
    throw Error(ErrorCode::invalid_argument, "[accuracy] label " + std::to_string(label) + ": expected it and what is best within " +
                                                 std::to_string(classes_) + " classes");
  }
  ++total_;
  top1_ += best.front() == label ? 1 : 0;
  top5_ += std::find(best.begin(), best.end(), label) != best.end() ? 1 : 0;
  ++confusion_[static_cast<std::size_t>(label * classes_ + best.front())];
}

void Accuracy::add(const Accuracy& other) {
  if (other.classes_ != classes_) {
    throw Error(ErrorCode::invalid_argument, "[accuracy] counts over " + std::to_string(other.classes_) +
                                                 " classes cannot be added to those over " + std::to_string(classes_));
  }
  total_ += other.total_;
  top1_ += other.top1_;
  top5_ += other.top5_;
  std::transform(confusion_.begin(), confusion_.end(), other.confusion_.begin(), confusion_.begin(), std::plus<>());
}

double Accuracy::top1() const { return percent(top1_, total_); }
double Accuracy::top5() const { return percent(top5_, total_); }

std::vector<double> Accuracy::per_class() const {
  std::vector<double> shares;
  for (std::int64_t c = 0; c < classes_; ++c) {
    const auto row = confusion_.begin() + c * classes_;
    const std::int64_t samples = std::accumulate(row, row + classes_, std::int64_t{0});
    shares.push_back(samples == 0 ? std::numeric_limits<double>::quiet_NaN() : percent(row[c], samples));
  }
  return shares;
}

double harmonic_mean(double base, double novel) {
  return base + novel == 0 ? 0.0 : 2 * base * novel / (base + novel);
}

Spread spread_of(std::span<const double> runs) {
  if (runs.empty()) {
    throw Error(ErrorCode::invalid_argument, "[spread] no runs");
  }
  const auto n = static_cast<double>(runs.size());
  Spread spread;
  spread.mean = std::accumulate(runs.begin(), runs.end(), 0.0) / n;
  double squares = 0;
  for (const double run : runs) {
    squares += (run - spread.mean) * (run - spread.mean);
  }
  spread.std_population = std::sqrt(squares / n);
  spread.std_sample = runs.size() > 1 ? std::sqrt(squares / (n - 1)) : 0.0;
  return spread;
}

}  // namespace vifi::train
