#include "transforms/transform.h"

#include <gtest/gtest.h>

#include "vifi/error.h"
#include "video/clip_augmentation.h"

namespace vifi::train {
namespace {

const PreprocessSpec kReference = reference_preprocess(8);

/// A picture in which no two places are alike.
struct TestFrame {
  std::vector<std::uint8_t> pixels;
  FrameView view;

  TestFrame(int width, int height) : pixels(static_cast<std::size_t>(3 * width * height)) {
    Random random({static_cast<std::uint64_t>(width), static_cast<std::uint64_t>(height)});
    for (auto& value : pixels) value = static_cast<std::uint8_t>(random.below(256));
    view.format = PixelFormat::rgb;
    view.width = width;
    view.height = height;
    view.planes[0] = pixels.data();
    view.strides[0] = 3 * width;
  }
};

std::vector<float> result(const TransformList& list, const FrameView& frame, std::uint64_t seed = 1) {
  Picture picture;
  picture.open(frame);
  Random random({seed});
  for (const Step& step : draw_all(list, random, 1)) step(picture, 0);
  return {picture.values().begin(), picture.values().end()};
}

TEST(Transforms, TheListOfTrainingEqualsTheAugmentationThatTheReferencesCasesHold) {
  const TestFrame frame(97, 61);
  ClipDraws draws{.size_draw = 7, .offset_draw = 3, .flip = true, .gray = true, .jitter = {ColorJitter{}}};
  draws.jitter[0].brightness = 1.2F;
  draws.jitter[0].hue = -0.07;
  std::vector<std::uint8_t> expected(3 * 32 * 32);
  ClipAugmentation(32).apply(frame.view, draws, 0, expected);

  Picture picture;
  picture.open(frame.view);
  Random unused({0});
  ShortSide(scaled_short_side(32)).draw(unused, 1)(picture, 0);
  RandomCrop(32).with(7, 3)(picture, 0);
  RandomFlip::with(true)(picture, 0);
  RandomColors::with(draws.jitter)(picture, 0);
  RandomGray::with(true)(picture, 0);
  const auto pixels = picture.pixels();
  EXPECT_EQ(std::vector(pixels.begin(), pixels.end()), expected);
}

TEST(Transforms, TheListOfTestEqualsThePreprocessingOfStreams) {
  const TestFrame frame(50, 90);
  PreprocessSpec smooth = reference_preprocess(28), squashed{.resize = ResizeMode::squash, .size = 28};
  smooth.antialias = true;
  smooth.rounding = Rounding::floating;
  for (const PreprocessSpec& spec : {reference_preprocess(28), PreprocessSpec{.size = 28}, smooth, squashed}) {
    EXPECT_EQ(result(test_transforms(spec), frame.view), result({std::make_shared<Prepare>(spec)}, frame.view));
  }
}

TEST(Transforms, ATrainingWithoutAugmentationSeesWhatTheTestSees) {
  const TestFrame frame(50, 90);
  TransformOptions plain{.random_crop = false, .flip = 0, .color_jitter = 0, .gray_scale = 0};
  for (const PreprocessSpec& spec : {reference_preprocess(28), PreprocessSpec{.size = 28}}) {
    plain.preprocess = spec;
    EXPECT_EQ(result(train_transforms(plain), frame.view), result(test_transforms(spec), frame.view));
  }
  // What a stream never rounds is rounded to 8 bits here.
  PreprocessSpec smooth{.size = 28, .resize_size = 32, .interpolation = Interpolation::bilinear, .rounding = Rounding::floating};
  plain.preprocess = smooth;
  const std::vector<float> trained = result(train_transforms(plain), frame.view), tested = result(test_transforms(smooth), frame.view);
  ASSERT_EQ(trained.size(), tested.size());
  for (std::size_t i = 0; i < trained.size(); ++i) {
    EXPECT_NEAR(trained[i], tested[i], 0.5001F / 255 / smooth.std[i / (28 * 28)]);
  }
  plain.preprocess.resize = ResizeMode::squash;
  EXPECT_THROW(train_transforms(plain), Error);
}

TEST(Transforms, AResizedPictureGoesOnAsTheFrameWould) {
  const TestFrame frame(97, 61);
  const TransformList list = train_transforms({.preprocess = reference_preprocess(32)});
  Picture resized;
  resized.open(frame.view);
  resized.resize(rescaled_size(resized.size(), scaled_short_side(32)), ResizeRule::opencv_bilinear);
  const std::vector<std::uint8_t> kept(resized.pixels().begin(), resized.pixels().end());
  Picture again;
  again.open(resized.size(), kept);
  Random random({5});
  for (const Step& step : draw_all(list, random, 1)) step(again, 0);
  EXPECT_EQ(std::vector(again.values().begin(), again.values().end()), result(list, frame.view, 5));
}

TEST(Transforms, ThreeCropsShowTheFirstTheLastAndTheMiddle) {
  const TestFrame frame(20, 8);
  const auto crop = [&](std::size_t which) { return result(three_crop_transforms(reference_preprocess(8), which), frame.view); };
  const auto value = [&](int x) {  // red of the first row
    const auto pixel = static_cast<float>(frame.pixels[static_cast<std::size_t>(3 * x)]) / 255;
    return (pixel - kReference.mean[0]) / kReference.std[0];
  };
  EXPECT_NEAR(crop(0)[0], value(0), 1e-5);
  EXPECT_NEAR(crop(1)[0], value(12), 1e-5);
  EXPECT_NEAR(crop(2)[0], value(6), 1e-5);
}

TEST(Transforms, ACropOfACropIsACrop) {
  const TestFrame frame(30, 20);
  Picture picture;
  picture.open(frame.view);
  picture.crop({4, 2, 24, 18});
  picture.crop({1, 3, 11, 13});
  ASSERT_EQ(picture.size(), (Size{10, 10}));
  EXPECT_EQ(picture.pixels()[0], frame.pixels[static_cast<std::size_t>(3 * (5 * 30 + 5))]);
  picture.crop({2, 1, 4, 3});  // of pixels that exist already
  EXPECT_EQ(picture.pixels()[0], frame.pixels[static_cast<std::size_t>(3 * (6 * 30 + 7))]);
  EXPECT_EQ(picture.pixels().size(), 12U);
}

TEST(Transforms, ChoicesAreMadeByTheKeysAlone) {
  const TestFrame frame(40, 40);
  const TransformList list = train_transforms({.preprocess = reference_preprocess(16)});
  EXPECT_EQ(result(list, frame.view, 3), result(list, frame.view, 3));
  EXPECT_NE(result(list, frame.view, 3), result(list, frame.view, 4));
}

TEST(Transforms, JitterIsDrawnForEachFrameAndFlipOnce) {
  const TestFrame frame(16, 16);
  Random random({11});
  const Step jitter = RandomColors(1, RandomColors::Strength{}).draw(random, 2);
  const auto pixels_of = [&](std::size_t index) {
    Picture picture;
    picture.open(frame.view);
    jitter(picture, index);
    return std::vector(picture.pixels().begin(), picture.pixels().end());
  };
  EXPECT_NE(pixels_of(0), pixels_of(1));
  EXPECT_THROW(pixels_of(2), Error);
}

TEST(Transforms, ProbabilitiesAreKept) {
  const TestFrame frame(2, 1);
  const RandomFlip flip(0.25);
  Random random({12});
  int flipped = 0;
  for (int i = 0; i < 4000; ++i) {
    Picture picture;
    picture.open(frame.view);
    flip.draw(random, 1)(picture, 0);
    flipped += picture.pixels()[0] != frame.pixels[0] ? 1 : 0;
  }
  EXPECT_NEAR(flipped, 1000, 140);  // 5 standard deviations
}

TEST(Transforms, AListWithoutANormalisationIsRefused) {
  const TestFrame frame(8, 8);
  EXPECT_THROW(result({std::make_shared<CenterCrop>(4)}, frame.view), Error);
  EXPECT_THROW(result({std::make_shared<CenterCrop>(9), std::make_shared<Normalise>(kReference.mean, kReference.std)}, frame.view),
               Error);
}

}  // namespace
}  // namespace vifi::train
