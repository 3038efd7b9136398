#include "video/clip_augmentation.h"

#include <gtest/gtest.h>

#include "test_picture.h"
#include "vifi/error.h"

namespace vifi {
namespace {

using Bytes = std::vector<std::uint8_t>;

ColorJitter only(JitterStep step) {
  ColorJitter jitter;
  jitter.order.fill(step);
  return jitter;
}

TEST(ColorJitter, BrightnessScalesAndSaturates) {
  ColorJitter jitter;
  jitter.order = {JitterStep::brightness, JitterStep::contrast, JitterStep::saturation, JitterStep::contrast};
  jitter.brightness = 1.5F;
  Bytes planes{10, 200, 0};  // one pixel
  jitter.apply(planes);
  EXPECT_EQ(planes, (Bytes{15, 255, 0}));
}

TEST(ColorJitter, ContrastZeroLeavesTheMeanLuma) {
  ColorJitter jitter = only(JitterStep::contrast);
  jitter.contrast = 0;
  Bytes planes{0, 101, 0, 101, 0, 101};  // a black and a gray pixel: mean 50.5, rounded up
  jitter.apply(planes);
  EXPECT_EQ(planes, Bytes(6, 51));
}

TEST(ColorJitter, AThirdOfATurnMakesRedGreenish) {
  ColorJitter jitter;
  jitter.order = {JitterStep::hue, JitterStep::brightness, JitterStep::contrast, JitterStep::saturation};
  jitter.hue = 1.0 / 3;
  Bytes planes{255, 0, 0};
  jitter.apply(planes);
  EXPECT_EQ(planes, (Bytes{0, 255, 0}));
}

TEST(ColorJitter, GrayTakesTheLuma) {
  Bytes planes{255, 0, 0};
  make_gray(planes);
  EXPECT_EQ(planes, Bytes(3, 76));
}

TEST(ClipAugmentation, FlipMirrorsTheResultAndNothingElse) {
  const auto pixels = test::random_pixels(90, 60);
  const test::OwnedFrame frame = test::packed_rgb(pixels, 90, 60, PixelFormat::rgb);
  ClipAugmentation augmentation(32);
  ClipDraws draws;
  draws.size_draw = 4;
  draws.offset_draw = 3;
  Bytes plain(3 * 32 * 32), flipped(plain.size());
  augmentation.apply(frame.view, draws, 0, plain);
  draws.flip = true;
  augmentation.apply(frame.view, draws, 0, flipped);
  EXPECT_NE(flipped, plain);
  mirror_rows(flipped, 32);
  EXPECT_EQ(flipped, plain);
}

TEST(ClipAugmentation, RefusesFramesWithoutADrawOfTheirOwn) {
  const test::OwnedFrame frame = test::TestPicture(40, 40).in(PixelFormat::i420);
  ClipAugmentation augmentation(16);
  Bytes out(3 * 16 * 16);
  ClipDraws draws;
  draws.jitter.resize(2);
  EXPECT_THROW(augmentation.apply(frame.view, draws, 2, out), Error);
  draws = {};
  draws.size_draw = 10;
  EXPECT_THROW(augmentation.apply(frame.view, draws, 0, out), Error);
}

}  // namespace
}  // namespace vifi
