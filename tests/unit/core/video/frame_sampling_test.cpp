#include "video/frame_sampling.h"

#include <gtest/gtest.h>

#include "vifi/error.h"

namespace vifi {
namespace {

using Indices = std::vector<std::int64_t>;

Draw drawn(Indices values) {
  return [values = std::move(values), next = std::size_t{0}](std::int64_t) mutable { return values.at(next++); };
}

TEST(FrameSampling, TestFramesAreTheMiddlesOfEqualParts) {
  EXPECT_EQ(test_frame_indices(32, 4), (Indices{4, 12, 20, 28}));
  EXPECT_EQ(test_frame_indices(2, 4), (Indices{0, 0, 1, 1}));
}

TEST(FrameSampling, TestFramesKeepTheReferencesFloatingPointTruncation) {
  EXPECT_EQ(test_frame_indices(6, 7), (Indices{0, 1, 2, 2, 3, 4, 5}));  // exactly 3 in whole numbers
}

TEST(FrameSampling, TrainFramesAreDrawnFromEachPart) {
  EXPECT_EQ(train_frame_indices(10, 3, drawn({0, 2, 1})), (Indices{0, 5, 7}));
}

TEST(FrameSampling, AShortVideoIsStretchedWithoutDraws) {
  EXPECT_EQ(train_frame_indices(3, 4, drawn({})), (Indices{0, 1, 2, 2}));
  EXPECT_EQ(train_frame_indices(1, 4, drawn({})), (Indices{0, 0, 0, 0}));  // 1 % 1
}

TEST(FrameSampling, ViewsConsumeDrawsInOrder) {
  EXPECT_EQ(multi_view_frame_indices(4, 2, 2, drawn({0, 1, 1, 0})), (Indices{0, 3, 1, 2}));
}

TEST(FrameSampling, RefusesNothingToSampleAndDrawsOutOfBounds) {
  EXPECT_THROW(test_frame_indices(0, 8), Error);
  EXPECT_THROW(test_frame_indices(8, 0), Error);
  EXPECT_THROW(train_frame_indices(-1, 8, drawn({})), Error);
  EXPECT_THROW(train_frame_indices(8, 4, drawn({2})), Error);
}

}  // namespace
}  // namespace vifi
