#include "protocols/shared_evaluation.h"

#include <gmock/gmock.h>

#include <ATen/TensorOperators.h>
#include <ATen/ops/zeros.h>

#include "vifi/error.h"

namespace vifi::train {
namespace {

using testing::ElementsAre;

/// A group whose other processes are played by what they would add.
class PlayedGroup final : public ProcessGroup {
 public:
  int rank() const override { return 0; }
  int size() const override { return 2; }
  std::unique_ptr<PendingSum> begin_sum(const at::Tensor& values) override {
    sent = values.clone();
    if (others.defined()) values.add_(others);
    return std::make_unique<Done>();
  }

  at::Tensor sent, others;

 private:
  struct Done final : PendingSum {
    void wait() override {}
  };
};

Evaluation judged(const std::vector<Judged>& samples) {
  Evaluation evaluation{.accuracy = Accuracy(7), .samples = samples};
  for (const Judged& sample : samples) evaluation.accuracy.add_ranked(sample.best, sample.label);
  return evaluation;
}

const std::vector<Judged> kEven = {{.sample = 0, .label = 3, .best = {3, 1, 0, 2, 4}, .score = 0.7F},
                                   {.sample = 4, .label = 6, .best = {0, 1, 2, 3, 4}, .score = 0.1F}};
const std::vector<Judged> kOdd = {{.sample = 1, .label = 0, .best = {5, 0, 1, 2, 3}, .score = 0.5F}};

/// What the other process sends.
at::Tensor sent_by(const std::vector<Judged>& samples, std::int64_t count) {
  PlayedGroup group;
  joined(judged(samples), count, group);
  return group.sent;
}

TEST(SharedEvaluation, IsThatOfOneProcessWithAllSamples) {
  PlayedGroup group;
  group.others = sent_by(kOdd, 5);
  const Evaluation all = joined(judged(kEven), 5, group);  // samples 2 and 3 were broken
  ASSERT_EQ(all.samples.size(), 3U);
  EXPECT_EQ(all.samples[1].sample, 1);
  EXPECT_EQ(all.samples[1].label, 0);
  EXPECT_THAT(all.samples[1].best, ElementsAre(5, 0, 1, 2, 3));
  EXPECT_EQ(all.samples[1].score, 0.5F);
  EXPECT_EQ(all.samples[2].score, 0.1F);
  EXPECT_EQ(all.accuracy.total(), 3);
  EXPECT_EQ(all.accuracy.top1_hits(), 1);
  EXPECT_EQ(all.accuracy.top5_hits(), 2);
  EXPECT_EQ(all.accuracy.confusion()[0 * 7 + 5], 1);
  EXPECT_EQ(all.accuracy.confusion()[6 * 7 + 0], 1);
}

TEST(SharedEvaluation, KeepsShortRankings) {
  PlayedGroup group;
  const Evaluation all = joined(judged({{.sample = 0, .label = 1, .best = {1, 0}, .score = 0.9F}}), 1, group);
  EXPECT_THAT(all.samples.at(0).best, ElementsAre(1, 0));
}

TEST(SharedEvaluation, OfNothingIsNothing) {
  PlayedGroup group;
  EXPECT_EQ(joined(judged({}), 0, group).accuracy.total(), 0);
}

TEST(SharedEvaluation, RefusesASampleThatTwoJudged) {
  PlayedGroup group;
  group.others = sent_by(kEven, 5);
  EXPECT_THROW(joined(judged(kEven), 5, group), Error);
}

}  // namespace
}  // namespace vifi::train
