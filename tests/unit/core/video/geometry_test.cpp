#include "video/geometry.h"

#include <gtest/gtest.h>

#include "vifi/error.h"

namespace vifi {
namespace {

TEST(Geometry, TheTwoShortSideRulesRoundTheLongSideDifferently) {
  EXPECT_EQ(rescaled_size({1920, 1080}, 384), (Size{683, 384}));    // 682.67 rounded
  EXPECT_EQ(short_side_size({1920, 1080}, 384), (Size{682, 384}));  // cut off
  EXPECT_EQ(short_side_size({1080, 1920}, 384), (Size{384, 682}));
}

TEST(Geometry, CropsFollowTheOffsetRule) {
  EXPECT_EQ(center_crop({35, 32}, 32, CropOffset::floor).x1, 1);
  EXPECT_EQ(center_crop({35, 32}, 32, CropOffset::half_even).x1, 2);  // 1.5 -> 2
  EXPECT_EQ(center_crop({37, 32}, 32, CropOffset::half_even).x1, 2);  // 2.5 -> 2
  EXPECT_THROW(center_crop({31, 32}, 32, CropOffset::floor), Error);
}

TEST(Geometry, TheLastOfThreeCropsLeavesOutAnOddRest) {
  const auto boxes = three_crops({43, 32}, 32);
  EXPECT_EQ(boxes[0], (Box{0, 0, 32, 32}));
  EXPECT_EQ(boxes[1], (Box{10, 0, 42, 32}));
  EXPECT_EQ(boxes[2], (Box{5, 0, 37, 32}));
  EXPECT_THROW(three_crops({43, 33}, 32), Error);
}

TEST(Geometry, MultiScaleCropOffersTenSizesInFivePlaces) {
  const MultiScaleCrop crop;
  EXPECT_EQ(crop.size_count(), 10U);
  EXPECT_EQ(crop.box({341, 256}, 224, 0, 4), (Box{42, 0, 298, 256}));
  EXPECT_EQ(crop.box({341, 256}, 224, 1, 0), (Box{0, 0, 224, 256}));
  EXPECT_THROW(crop.box({341, 256}, 224, 10, 0), Error);
  EXPECT_THROW(crop.box({341, 256}, 224, 0, 5), Error);
}

TEST(Geometry, ShownSizeFollowsPixelAspectThenOrientation) {
  FrameView frame;
  frame.width = 720;
  frame.height = 576;
  frame.par_n = 16;
  frame.par_d = 11;
  EXPECT_EQ(display_size(frame, true), (Size{1047, 576}));
  EXPECT_EQ(display_size(frame, false), (Size{720, 576}));
  frame.orientation = Orientation::rotate_270;
  EXPECT_EQ(display_size(frame, true), (Size{576, 1047}));
}

}  // namespace
}  // namespace vifi
