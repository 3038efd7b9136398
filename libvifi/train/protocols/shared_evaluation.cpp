#include "protocols/shared_evaluation.h"

#include <algorithm>
#include <string>
#include <utility>

#include <ATen/ops/zeros.h>

#include "vifi/error.h"

namespace vifi::train {
namespace {

constexpr std::int64_t kBest = 5;

/// Columns of a sample's row: how many judged it, its label, the best class's score, how many best classes, these.
enum Column : std::int64_t { kJudged, kLabel, kScore, kBestCount, kFirstBest, kColumns = kFirstBest + kBest };

}  // namespace

Evaluation joined(const Evaluation& here, std::int64_t samples, ProcessGroup& group) {
  // A row belongs to one process and is 0 at the others, so that the sum is what that one wrote.
  const at::Tensor rows = at::zeros({samples, kColumns}, at::TensorOptions().dtype(at::kDouble));  // [N, columns]
  double* const values = rows.mutable_data_ptr<double>();
  for (const Judged& judged : here.samples) {
    double* const row = values + judged.sample * kColumns;
    row[kJudged] += 1;
    row[kLabel] = static_cast<double>(judged.label);
    row[kScore] = judged.score;
    row[kBestCount] = static_cast<double>(judged.best.size());
    std::copy(judged.best.begin(), judged.best.end(), row + kFirstBest);
  }
  group.sum(rows);
  Evaluation all{.accuracy = Accuracy(here.accuracy.classes()), .samples = {}};
  for (std::int64_t sample = 0; sample < samples; ++sample) {
    const double* const row = values + sample * kColumns;
    if (row[kJudged] == 0) {
      continue;
    }
    if (row[kJudged] != 1) {
      throw Error(ErrorCode::internal, "[evaluate] sample " + std::to_string(sample) + ": expected one process that judges it, got " +
                                           std::to_string(static_cast<std::int64_t>(row[kJudged])),
                  "start every process with the same list and options");
    }
    Judged judged{.sample = sample, .label = static_cast<std::int64_t>(row[kLabel])};
    judged.score = static_cast<float>(row[kScore]);
    for (std::int64_t i = 0; i < static_cast<std::int64_t>(row[kBestCount]); ++i) {
      judged.best.push_back(static_cast<std::int64_t>(row[kFirstBest + i]));
    }
    all.accuracy.add_ranked(judged.best, judged.label);
    all.samples.push_back(std::move(judged));
  }
  return all;
}

}  // namespace vifi::train
