#include "video/row_reader.h"

#include <gtest/gtest.h>

#include <cmath>

#include "test_picture.h"
#include "vifi/error.h"

namespace vifi {
namespace {

using test::TestPicture;

constexpr PixelFormat kYuvFormats[] = {PixelFormat::i420, PixelFormat::yv12,      PixelFormat::nv12, PixelFormat::nv21,
                                       PixelFormat::yuy2, PixelFormat::uyvy,      PixelFormat::y42b, PixelFormat::y444,
                                       PixelFormat::i420_10le, PixelFormat::p010_10le};
constexpr PixelFormat kRgbFormats[] = {PixelFormat::rgb,  PixelFormat::bgr,  PixelFormat::rgbx, PixelFormat::bgrx,
                                       PixelFormat::xrgb, PixelFormat::xbgr, PixelFormat::rgba, PixelFormat::bgra,
                                       PixelFormat::argb, PixelFormat::abgr};

/// Columns [begin, end) of the whole picture, [height, end - begin, 3].
std::vector<std::uint8_t> read_columns(const FrameView& frame, int begin, int end) {
  RowReader reader(best_kernels());
  reader.open(frame);
  const int width = end - begin;
  std::vector<std::uint8_t> row(3 * (width + kRowSlack));
  std::vector<std::uint8_t> pixels;
  const RgbRow out{row.data(), row.data() + width + kRowSlack, row.data() + 2 * (width + kRowSlack)};
  for (int y = 0; y < frame.height; ++y) {
    reader.read(y, begin, end, out);
    for (int x = 0; x < width; ++x) {
      pixels.insert(pixels.end(), {out.red[x], out.green[x], out.blue[x]});
    }
  }
  return pixels;
}

std::vector<std::uint8_t> read_all(const FrameView& frame) { return read_columns(frame, 0, frame.width); }

double largest_difference(const std::vector<std::uint8_t>& got, const std::vector<double>& want) {
  EXPECT_EQ(got.size(), want.size());
  double largest = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    largest = std::max(largest, std::abs(got[i] - want[i]));
  }
  return largest;
}

struct Luma {
  ColorMatrix matrix;
  double kr, kb;
};

TEST(RowReader, RoundsTheExactFormulaInEveryFormatMatrixAndRange) {
  const TestPicture picture(77, 9);
  for (const Luma& luma : {Luma{ColorMatrix::bt601, 0.299, 0.114}, Luma{ColorMatrix::bt709, 0.2126, 0.0722},
                           Luma{ColorMatrix::bt2020, 0.2627, 0.0593}, Luma{ColorMatrix::fcc, 0.30, 0.11},
                           Luma{ColorMatrix::smpte240m, 0.212, 0.087}}) {
    for (const PixelFormat format : kYuvFormats) {
      SCOPED_TRACE(layout_of(format).name);
      test::OwnedFrame frame = picture.in(format);
      frame.view.matrix = luma.matrix;
      EXPECT_LE(largest_difference(read_all(frame.view), picture.rgb(luma.kr, luma.kb, false)), 0.501);
    }
    for (const PixelFormat format : {PixelFormat::i420, PixelFormat::uyvy, PixelFormat::y444}) {
      test::OwnedFrame frame = picture.in(format);
      frame.view.matrix = luma.matrix;
      frame.view.range = ColorRange::full;
      EXPECT_LE(largest_difference(read_all(frame.view), picture.rgb(luma.kr, luma.kb, true)), 0.501);
    }
  }
}

TEST(RowReader, TakesRgbAsItIsWhateverRangeItClaims) {
  const auto pixels = test::random_pixels(83, 5);
  for (const PixelFormat format : kRgbFormats) {
    SCOPED_TRACE(layout_of(format).name);
    EXPECT_EQ(read_all(test::packed_rgb(pixels, 83, 5, format).view), pixels);
  }
}

TEST(RowReader, StretchesLimitedGrayAndKeepsFullGray) {
  std::uint8_t samples[] = {16, 235, 126, 0, 255};
  FrameView frame;
  frame.format = PixelFormat::gray8;
  frame.width = 5;
  frame.height = 1;
  frame.planes[0] = samples;
  frame.matrix = ColorMatrix::rgb;
  const std::vector<std::uint8_t> limited{0, 0, 0, 255, 255, 255, 128, 128, 128, 0, 0, 0, 255, 255, 255};
  EXPECT_EQ(read_all(frame), limited);
  frame.range = ColorRange::full;
  const std::vector<std::uint8_t> full{16, 16, 16, 235, 235, 235, 126, 126, 126, 0, 0, 0, 255, 255, 255};
  EXPECT_EQ(read_all(frame), full);
}

TEST(RowReader, ReadsAnyColumnsAsPartOfTheWholeRow) {
  const int width = 75;
  const TestPicture picture(width, 4);
  for (const PixelFormat format : kYuvFormats) {
    SCOPED_TRACE(layout_of(format).name);
    const test::OwnedFrame frame = picture.in(format);
    const auto whole = read_all(frame.view);
    for (const auto& [begin, end] : {std::pair{1, 2}, {3, 70}, {4, 75}, {0, 33}, {74, 75}}) {
      std::vector<std::uint8_t> want;
      for (int y = 0; y < 4; ++y) {
        want.insert(want.end(), whole.begin() + 3 * (y * width + begin), whole.begin() + 3 * (y * width + end));
      }
      EXPECT_EQ(read_columns(frame.view, begin, end), want) << begin << ".." << end;
    }
  }
}

TEST(RowReader, FollowsNegativeStrides) {
  const TestPicture picture(13, 6);
  for (const PixelFormat format : {PixelFormat::i420, PixelFormat::nv12, PixelFormat::p010_10le}) {
    const test::OwnedFrame frame = picture.in(format);
    EXPECT_EQ(read_all(test::upside_down(frame).view), read_all(frame.view));
  }
}

TEST(RowReader, ReadsPicturesOfOnePixel) {
  const TestPicture picture(1, 1);
  for (const PixelFormat format : kYuvFormats) {
    EXPECT_LE(largest_difference(read_all(picture.in(format).view), picture.rgb(0.299, 0.114, false)), 0.501);
  }
}

ErrorCode code_of(const FrameView& frame) {
  try {
    RowReader(best_kernels()).open(frame);
  } catch (const Error& error) {
    return error.code();
  }
  ADD_FAILURE() << "was accepted";
  return ErrorCode::internal;
}

TEST(RowReader, RefusesWhatCannotBeAPicture) {
  const test::OwnedFrame frame = TestPicture(16, 8).in(PixelFormat::nv12);
  FrameView bad = frame.view;
  bad.width = 0;
  EXPECT_EQ(code_of(bad), ErrorCode::invalid_argument);
  bad = frame.view;
  bad.height = 1 << 20;
  EXPECT_EQ(code_of(bad), ErrorCode::invalid_argument);
  bad = frame.view;
  bad.strides[1] = 15;
  EXPECT_EQ(code_of(bad), ErrorCode::invalid_argument);
  bad = frame.view;
  bad.planes[1] = nullptr;
  EXPECT_EQ(code_of(bad), ErrorCode::invalid_argument);
  bad = frame.view;
  bad.memory = MemoryKind::cuda;
  EXPECT_EQ(code_of(bad), ErrorCode::unsupported);
  bad = frame.view;
  bad.matrix = ColorMatrix::rgb;
  EXPECT_EQ(code_of(bad), ErrorCode::unsupported);
}

}  // namespace
}  // namespace vifi
