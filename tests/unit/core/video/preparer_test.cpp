#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "test_picture.h"
#include "vifi/error.h"
#include "vifi/preprocess.h"
#include "video/upright_rows.h"

namespace vifi {
namespace {

using test::OwnedFrame;
using test::TestPicture;

PreprocessSpec rule_a(int size) {
  PreprocessSpec spec;
  spec.size = size;
  spec.resize_size = size + size / 7;
  spec.interpolation = Interpolation::bilinear;
  spec.antialias = false;
  spec.rounding = Rounding::opencv;
  spec.crop_offset = CropOffset::floor;
  return spec;
}

PreprocessSpec rule_b(int size) {
  PreprocessSpec spec;
  spec.size = size;
  return spec;
}

PreprocessSpec rule_c(int size) {
  PreprocessSpec spec;
  spec.size = size;
  spec.interpolation = Interpolation::bilinear;
  spec.rounding = Rounding::floating;
  return spec;
}

PreprocessSpec squash(int size) {
  PreprocessSpec spec;
  spec.size = size;
  spec.resize = ResizeMode::squash;
  spec.crop = CropMode::none;
  return spec;
}

const std::vector<PreprocessSpec> kSpecs{rule_a(28), rule_b(28), rule_c(28), squash(28)};

std::vector<float> prepared(const FrameView& frame, const PreprocessSpec& spec, bool honour_pixel_aspect = true) {
  PreparedFrame out;
  Preparer(spec, honour_pixel_aspect).prepare(frame, out);
  EXPECT_EQ(out.size, spec.size);
  EXPECT_EQ(out.pixels.size(), std::size_t{3} * spec.size * spec.size);
  return out.pixels;
}

float largest_difference(const std::vector<float>& a, const std::vector<float>& b) {
  float largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    largest = std::max(largest, std::abs(a[i] - b[i]));
  }
  return largest;
}

constexpr float kOneLevel = 1.001F / 255 / 0.26130258F;

TEST(Preparer, EveryFormatOfAPictureGivesTheTensorOfItsRgbForm) {
  const TestPicture picture(61, 47);
  std::vector<std::uint8_t> rgb;
  for (const double value : picture.rgb(0.299, 0.114, false)) {
    rgb.push_back(static_cast<std::uint8_t>(std::lround(value)));
  }
  for (const PreprocessSpec& spec : kSpecs) {
    const auto want = prepared(test::packed_rgb(rgb, 61, 47, PixelFormat::rgb).view, spec);
    for (const PixelFormat format :
         {PixelFormat::i420, PixelFormat::yv12, PixelFormat::nv12, PixelFormat::nv21, PixelFormat::yuy2, PixelFormat::uyvy,
          PixelFormat::y42b, PixelFormat::y444, PixelFormat::i420_10le, PixelFormat::p010_10le}) {
      EXPECT_LE(largest_difference(prepared(picture.in(format).view, spec), want), kOneLevel) << static_cast<int>(format);
    }
    EXPECT_EQ(prepared(test::packed_rgb(rgb, 61, 47, PixelFormat::xbgr).view, spec), want);
  }
}

/// The picture as a viewer sees it: flipped first, then turned clockwise.
std::vector<std::uint8_t> turned(const std::vector<std::uint8_t>& pixels, int width, int height, bool flip, int quarters) {
  std::vector<std::uint8_t> from = pixels;
  if (flip) {
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        std::copy_n(&pixels[3 * (y * width + x)], 3, &from[3 * (y * width + width - 1 - x)]);
      }
    }
  }
  for (; quarters > 0; --quarters) {
    std::vector<std::uint8_t> to(from.size());
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        std::copy_n(&from[3 * (y * width + x)], 3, &to[3 * (x * height + height - 1 - y)]);
      }
    }
    from = to;
    std::swap(width, height);
  }
  return from;
}

TEST(Preparer, EveryOrientationGivesExactlyTheTensorOfTheTurnedPicture) {
  for (const auto& [width, height] : {std::pair{150, 67}, {67, 150}, {41, 40}}) {
    const auto pixels = test::random_pixels(width, height);
    for (int code = 0; code < 8; ++code) {
      const auto orientation = static_cast<Orientation>(code);
      OwnedFrame tagged = test::packed_rgb(pixels, width, height, PixelFormat::bgrx);
      tagged.view.orientation = orientation;
      const bool turns = UprightRows::turns(orientation);
      const auto upright = turned(pixels, width, height, code >= 4, code % 4);
      const OwnedFrame plain =
          test::packed_rgb(upright, turns ? height : width, turns ? width : height, PixelFormat::rgb);
      for (const PreprocessSpec& spec : kSpecs) {
        EXPECT_EQ(prepared(tagged.view, spec), prepared(plain.view, spec)) << "orientation " << code;
      }
    }
  }
}

TEST(Preparer, TurnsSubsampledFormatsToo) {
  const TestPicture picture(151, 68);
  OwnedFrame full = picture.in(PixelFormat::y444);
  OwnedFrame half = picture.in(PixelFormat::nv12);
  for (int code = 0; code < 8; ++code) {
    full.view.orientation = half.view.orientation = static_cast<Orientation>(code);
    EXPECT_EQ(prepared(half.view, rule_b(28)), prepared(full.view, rule_b(28))) << "orientation " << code;
  }
}

TEST(Preparer, ReadsNegativeStrides) {
  const OwnedFrame frame = TestPicture(60, 44).in(PixelFormat::i420);
  EXPECT_EQ(prepared(test::upside_down(frame).view, rule_b(28)), prepared(frame.view, rule_b(28)));
}

/// A picture whose red channel is the column, its green one the row.
OwnedFrame gradient(int width, int height) {
  std::vector<std::uint8_t> pixels;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      pixels.insert(pixels.end(), {static_cast<std::uint8_t>(x), static_cast<std::uint8_t>(y), 0});
    }
  }
  return test::packed_rgb(pixels, width, height, PixelFormat::rgb);
}

PreprocessSpec plain_levels(PreprocessSpec spec) {
  spec.mean = {0, 0, 0};
  spec.std.fill(1.0F / 255);
  return spec;
}

TEST(Preparer, APixelTwiceAsWideShowsHalfTheColumns) {
  OwnedFrame frame = gradient(64, 64);
  frame.view.par_n = 2;
  frame.view.par_d = 1;
  // Shown as 128 x 64, so the crop takes the stored columns 16 to 47, each twice.
  const auto wide = prepared(frame.view, plain_levels(rule_c(64)));
  EXPECT_NEAR(wide[64 * 32], 15.75F, 0.01F);
  EXPECT_NEAR(wide[64 * 32 + 63], 47.25F, 0.01F);
  EXPECT_NEAR(wide[64 * 64 + 64 * 32], 32, 0.01F);
}

TEST(Preparer, ATurnExchangesThePixelAspectRatio) {
  OwnedFrame frame = gradient(64, 64);
  frame.view.par_n = 2;
  frame.view.par_d = 1;
  frame.view.orientation = Orientation::rotate_90;  // shown as 64 x 128; columns run downwards
  const auto tall = prepared(frame.view, plain_levels(rule_c(64)));
  EXPECT_NEAR(tall[0], 15.75F, 0.01F);
  EXPECT_NEAR(tall[63 * 64], 47.25F, 0.01F);
}

TEST(Preparer, IgnoresThePixelAspectRatioWhereToldTo) {
  OwnedFrame frame = gradient(64, 48);
  const auto square = prepared(frame.view, rule_b(32));
  frame.view.par_n = 16;
  frame.view.par_d = 11;
  EXPECT_EQ(prepared(frame.view, rule_b(32), false), square);
  EXPECT_NE(prepared(frame.view, rule_b(32), true), square);
}

TEST(Preparer, GivesTheSameWhenSizesAlternate) {
  const OwnedFrame large = TestPicture(120, 90).in(PixelFormat::nv12);
  const OwnedFrame small = TestPicture(50, 70).in(PixelFormat::i420);
  for (const PreprocessSpec& spec : kSpecs) {
    Preparer preparer(spec);
    PreparedFrame first, other, again;
    preparer.prepare(large.view, first);
    preparer.prepare(small.view, other);
    preparer.prepare(large.view, again);
    EXPECT_EQ(first.pixels, again.pixels);
    EXPECT_EQ(other.pixels, prepared(small.view, spec));
  }
}

TEST(Preparer, ManagesExtremeShapes) {
  for (const auto& [width, height] : {std::pair{1, 1}, {1, 500}, {500, 1}, {2, 3}}) {
    const OwnedFrame frame = TestPicture(width, height).in(PixelFormat::i420);
    for (const PreprocessSpec& spec : kSpecs) {
      for (const float value : prepared(frame.view, spec)) {
        ASSERT_TRUE(std::isfinite(value));
      }
    }
  }
}

template <typename Body>
Error error_of(Body body) {
  try {
    body();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "was accepted";
  return Error(ErrorCode::internal, "none");
}

TEST(Preparer, NamesTheSupportedResizesWhenAskedForAnother) {
  PreprocessSpec spec;
  spec.antialias = false;
  const Error error = error_of([&] { Preparer preparer(spec); });
  EXPECT_EQ(error.code(), ErrorCode::unsupported);
  EXPECT_EQ(error.message(), "[preprocess] interpolation bicubic, antialias false, rounding pillow: no such resize here");
  EXPECT_NE(error.hint().find("bicubic or bilinear with antialias, rounding pillow"), std::string::npos);
}

TEST(Preparer, RefusesSpecsThatCannotBeFollowed) {
  PreprocessSpec spec;
  spec.size = 0;
  EXPECT_EQ(error_of([&] { Preparer preparer(spec); }).code(), ErrorCode::invalid_argument);
  spec = {};
  spec.resize_size = 200;  // smaller than the crop
  EXPECT_EQ(error_of([&] { Preparer preparer(spec); }).code(), ErrorCode::invalid_argument);
  spec = {};
  spec.std[1] = 0;
  EXPECT_EQ(error_of([&] { Preparer preparer(spec); }).code(), ErrorCode::invalid_argument);
  spec = {};
  spec.crop = CropMode::none;
  EXPECT_EQ(error_of([&] { Preparer preparer(spec); }).code(), ErrorCode::unsupported);
}

TEST(Preparer, RefusesFramesThatCannotBeRead) {
  OwnedFrame frame = TestPicture(16, 16).in(PixelFormat::i420);
  PreparedFrame out;
  Preparer preparer(rule_b(8));
  frame.view.par_n = 0;
  EXPECT_EQ(error_of([&] { preparer.prepare(frame.view, out); }).code(), ErrorCode::invalid_argument);
  frame.view.par_n = 2'000'000'000;
  EXPECT_EQ(error_of([&] { preparer.prepare(frame.view, out); }).code(), ErrorCode::invalid_argument);
  frame.view.par_n = 1;
  frame.view.memory = MemoryKind::cuda;
  EXPECT_EQ(error_of([&] { preparer.prepare(frame.view, out); }).code(), ErrorCode::unsupported);
}

}  // namespace
}  // namespace vifi
