#include "protocols/metrics.h"

#include <cmath>

#include <gtest/gtest.h>

#include "vifi/error.h"

namespace vifi::train {
namespace {

TEST(Accuracy, OfEqualScoresTheLowerClassWins) {
  Accuracy accuracy(2);
  accuracy.add(std::vector<float>{0.5F, 0.5F}, 0);
  accuracy.add(std::vector<float>{0.5F, 0.5F}, 1);
  EXPECT_EQ(accuracy.top1(), 50);
  EXPECT_EQ(accuracy.top5(), 100);
}

TEST(Accuracy, CountsWhatWasTakenForWhat) {
  Accuracy accuracy(3);
  accuracy.add(std::vector<float>{0, 1, 0}, 2);
  EXPECT_EQ(accuracy.confusion()[2 * 3 + 1], 1);
  EXPECT_EQ(accuracy.per_class()[2], 0);
  EXPECT_TRUE(std::isnan(accuracy.per_class()[0]));
}

TEST(Accuracy, CountsOfTwoProcessesAddUp) {
  Accuracy one(2), other(2);
  one.add(std::vector<float>{1, 0}, 0);
  other.add(std::vector<float>{1, 0}, 1);
  one.add(other);
  EXPECT_EQ(one.total(), 2);
  EXPECT_EQ(one.top1(), 50);
  EXPECT_THROW(one.add(Accuracy(3)), Error);
}

TEST(Accuracy, RefusesALabelOutsideTheClasses) {
  Accuracy accuracy(2);
  EXPECT_THROW(accuracy.add(std::vector<float>{1, 0}, 2), Error);
  EXPECT_THROW(accuracy.add(std::vector<float>{1, 0}, -1), Error);
  EXPECT_THROW(accuracy.add(std::vector<float>{1, 0, 0}, 1), Error);
}

TEST(ViewScores, OneSureViewDoesNotOutweighTwoThatAgree) {
  const std::vector<float> logits{100, 0, 0, 2, 0, 2};  // three views of two classes
  const std::vector<float> scores = view_scores(logits, 2);
  EXPECT_GT(scores[1], scores[0]);
}

}  // namespace
}  // namespace vifi::train
