#include "video/kernels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "test_picture.h"
#include "video/resizer.h"

namespace vifi {
namespace {

ResizePlan random_plan(ResizeRule rule, Size source, std::mt19937& random) {
  const auto up_to = [&](int bound) { return static_cast<int>(random() % bound); };
  ResizePlan plan;
  plan.rule = rule;
  plan.source = source;
  plan.target = {1 + up_to(120), 1 + up_to(120)};
  plan.window.x1 = up_to(plan.target.width);
  plan.window.y1 = up_to(plan.target.height);
  plan.window.x2 = plan.window.x1 + 1 + up_to(plan.target.width - plan.window.x1);
  plan.window.y2 = plan.window.y1 + 1 + up_to(plan.target.height - plan.window.y1);
  return plan;
}

template <typename T>
std::vector<T> resized(const Kernels& kernels, const FrameView& frame, const ResizePlan& plan) {
  std::vector<T> out(std::size_t{3} * plan.window.width() * plan.window.height());
  Resizer(kernels).resize(frame, plan, std::span(out));
  return out;
}

constexpr PixelFormat kFormats[] = {PixelFormat::i420,  PixelFormat::nv12, PixelFormat::nv21,      PixelFormat::yuy2,
                                    PixelFormat::uyvy,  PixelFormat::y42b, PixelFormat::y444,      PixelFormat::gray8,
                                    PixelFormat::i420_10le, PixelFormat::p010_10le};
constexpr PixelFormat kRgbFormats[] = {PixelFormat::rgb, PixelFormat::bgr, PixelFormat::xrgb, PixelFormat::bgra};

/// Calls `compare` with many pictures of random sizes and formats.
template <typename Compare>
void for_many_pictures(Compare compare) {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    const int width = 1 + static_cast<int>(random() % 200);
    const int height = 1 + static_cast<int>(random() % 200);
    if (round % 3 == 0) {
      const auto pixels = test::random_pixels(width, height, round);
      compare(test::packed_rgb(pixels, width, height, kRgbFormats[random() % std::size(kRgbFormats)]).view, random);
    } else {
      const test::OwnedFrame frame =
          test::TestPicture(width, height, round).in(kFormats[random() % std::size(kFormats)]);
      compare(frame.view, random);
    }
    if (testing::Test::HasFailure()) {
      return;
    }
  }
}

/// All that this machine runs.
std::vector<const Kernels*> fast_kernels() {
  std::vector<const Kernels*> all;
  for (const Kernels* kernels : {avx2_kernels(), avx512_kernels()}) {
    if (kernels != nullptr) all.push_back(kernels);
  }
  return all;
}

class EightBitRules : public testing::TestWithParam<ResizeRule> {};

TEST_P(EightBitRules, TheFastKernelsComputeTheBitsOfThePlainOnes) {
  for_many_pictures([&](const FrameView& frame, std::mt19937& random) {
    const ResizePlan plan = random_plan(GetParam(), upright_size(frame), random);
    const auto plain = resized<std::uint8_t>(plain_kernels(), frame, plan);
    for (const Kernels* kernels : fast_kernels()) {
      EXPECT_EQ(resized<std::uint8_t>(*kernels, frame, plan), plain)
          << kernels->name << ", " << frame.width << " x " << frame.height << " to " << plan.target.width << " x "
          << plan.target.height;
    }
  });
}

TEST_P(EightBitRules, TheFastKernelsComputeTheBitsOfThePlainOnesInWidePictures) {
  for (const int width : {320, 640, 853, 1280, 1920, 2560, 3840}) {
    const auto pixels = test::random_pixels(width, 6, width);
    const test::OwnedFrame frame = test::packed_rgb(pixels, width, 6, PixelFormat::rgb);
    for (const int target : {64, 224, 398, 455, 700}) {
      const ResizePlan plan{GetParam(), {width, 6}, {target, 4}, {target / 5, 0, target - target / 7, 4}};
      const auto plain = resized<std::uint8_t>(plain_kernels(), frame.view, plan);
      for (const Kernels* kernels : fast_kernels()) {
        EXPECT_EQ(resized<std::uint8_t>(*kernels, frame.view, plan), plain) << kernels->name << ", " << width << " to " << target;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Kernels, EightBitRules,
                         testing::Values(ResizeRule::opencv_bilinear, ResizeRule::pillow_bicubic,
                                         ResizeRule::pillow_bilinear));

TEST(Kernels, TheFastFloatKernelsAgreeWithThePlainOnes) {
  for_many_pictures([&](const FrameView& frame, std::mt19937& random) {
    const ResizePlan plan = random_plan(ResizeRule::antialias_bilinear, upright_size(frame), random);
    const auto fast = resized<float>(best_kernels(), frame, plan);
    const auto plain = resized<float>(plain_kernels(), frame, plan);
    for (std::size_t i = 0; i < fast.size(); ++i) {
      ASSERT_NEAR(fast[i], plain[i], 1e-3F) << "value " << i;  // of 255
    }
  });
}

TEST(Resizer, AWindowIsAPartOfTheWholeResize) {
  for_many_pictures([&](const FrameView& frame, std::mt19937& random) {
    const ResizePlan part = random_plan(ResizeRule::pillow_bicubic, upright_size(frame), random);
    ResizePlan whole = part;
    whole.window = {0, 0, part.target.width, part.target.height};
    const auto want = resized<std::uint8_t>(best_kernels(), frame, whole);
    const auto got = resized<std::uint8_t>(best_kernels(), frame, part);
    std::size_t next = 0;
    for (int c = 0; c < 3; ++c) {
      for (int y = part.window.y1; y < part.window.y2; ++y) {
        for (int x = part.window.x1; x < part.window.x2; ++x) {
          ASSERT_EQ(got[next++], want[(c * part.target.height + y) * part.target.width + x]);
        }
      }
    }
  });
}

TEST(Resizer, ManyTapsDoNotOverflow) {
  // A white picture 20000 pixels wide: every output sums 20000 taps of 255.
  const std::vector<std::uint8_t> pixels(std::size_t{3} * 20000 * 2, 255);
  const test::OwnedFrame frame = test::packed_rgb(pixels, 20000, 2, PixelFormat::rgb);
  const ResizePlan plan{ResizeRule::pillow_bicubic, {20000, 2}, {3, 2}, {0, 0, 3, 2}};
  EXPECT_EQ(resized<std::uint8_t>(best_kernels(), frame.view, plan), std::vector<std::uint8_t>(18, 255));
  EXPECT_EQ(resized<std::uint8_t>(plain_kernels(), frame.view, plan), std::vector<std::uint8_t>(18, 255));
}

}  // namespace
}  // namespace vifi
