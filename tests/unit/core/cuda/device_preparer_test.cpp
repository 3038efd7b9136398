#include "cuda/device_preparer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "cuda/kernel_library.h"
#include "cuda/resized_pixel.h"
#include "test_picture.h"
#include "vifi/error.h"
#include "vifi/model.h"

namespace vifi {
namespace {

using ::testing::HasSubstr;

constexpr PixelFormat kYuvFormats[] = {PixelFormat::i420, PixelFormat::yv12, PixelFormat::nv12,  PixelFormat::nv21,
                                       PixelFormat::yuy2, PixelFormat::uyvy, PixelFormat::y42b,  PixelFormat::y444,
                                       PixelFormat::gray8, PixelFormat::i420_10le, PixelFormat::p010_10le};
constexpr PixelFormat kRgbFormats[] = {PixelFormat::rgb,  PixelFormat::bgr,  PixelFormat::rgbx, PixelFormat::bgrx,
                                       PixelFormat::xrgb, PixelFormat::xbgr, PixelFormat::rgba, PixelFormat::bgra,
                                       PixelFormat::argb, PixelFormat::abgr};

/// The kernel's own code, thread by thread on the processor.
int prepare_here(const cuda::Picture* picture, const cuda::Resize* resize, void* out) {
  for (int y = 0; y < resize->over.count; ++y) {
    for (int x = 0; x < resize->along.count; ++x) {
      cuda::write_pixel(*picture, *resize, x, y, out);
    }
  }
  return 0;
}

int fail(const cuda::Picture*, const cuda::Resize*, void*) { return 719; }
const char* text_of(int error) { return error == 719 ? "unspecified launch failure" : "?"; }

constexpr cuda::Kernels kHere{.abi = cuda::kKernelsAbi, .prepare = prepare_here, .error_text = text_of};

PreprocessSpec spec_of(ResizeRule rule) {
  PreprocessSpec spec;
  spec.size = 24;
  if (rule == ResizeRule::opencv_bilinear) {
    spec.resize_size = 28;
    spec.interpolation = Interpolation::bilinear;
    spec.antialias = false;
    spec.rounding = Rounding::opencv;
    spec.crop_offset = CropOffset::floor;
  } else if (rule == ResizeRule::pillow_bilinear) {
    spec.interpolation = Interpolation::bilinear;
  } else if (rule == ResizeRule::antialias_bilinear) {
    spec.interpolation = Interpolation::bilinear;
    spec.rounding = Rounding::floating;
    spec.resize = ResizeMode::squash;
    spec.crop = CropMode::none;
  }
  return spec;
}

/// Calls `check` with pictures of every format, many sizes, every orientation and some pixel aspect ratios.
template <typename Check>
void for_every_format(Check check) {
  std::mt19937 random(3);
  const auto up_to = [&](int bound) { return static_cast<int>(random() % static_cast<unsigned>(bound)); };
  for (int round = 0; round < 8; ++round) {
    const int width = 1 + up_to(90), height = 1 + up_to(90);
    const auto checked = [&](test::OwnedFrame frame) {
      frame.view.orientation = static_cast<Orientation>(round);
      frame.view.par_n = 1 + up_to(3);
      frame.view.matrix = frame.view.matrix == ColorMatrix::rgb ? ColorMatrix::rgb : ColorMatrix::bt709;
      check(frame.view);
    };
    const test::TestPicture picture(width, height, static_cast<unsigned>(round));
    for (const PixelFormat format : kYuvFormats) {
      checked(picture.in(format));
    }
    for (const PixelFormat format : kRgbFormats) {
      checked(test::packed_rgb(test::random_pixels(width, height), width, height, format));
    }
    if (testing::Test::HasFailure()) {
      return;
    }
  }
}

class EightBitRules : public testing::TestWithParam<ResizeRule> {};

TEST_P(EightBitRules, TheGpusCodeComputesTheBitsOfTheProcessors) {
  const PreprocessSpec spec = spec_of(GetParam());
  Preparer preparer(spec);
  for_every_format([&](const FrameView& frame) {
    PreparedFrame want, got;
    preparer.prepare(frame, want);
    prepare_on_cuda(kHere, spec, frame, got);
    EXPECT_EQ(got.size, 24);
    EXPECT_EQ(got.pixels, want.pixels) << "format " << static_cast<int>(frame.format) << ", " << frame.width << " x "
                                       << frame.height << ", orientation " << static_cast<int>(frame.orientation);
  });
}

INSTANTIATE_TEST_SUITE_P(DevicePreparer, EightBitRules,
                         testing::Values(ResizeRule::opencv_bilinear, ResizeRule::pillow_bicubic,
                                         ResizeRule::pillow_bilinear));

TEST(DevicePreparer, TheFloatingRuleAgreesWithTheProcessors) {
  const PreprocessSpec spec = spec_of(ResizeRule::antialias_bilinear);
  Preparer preparer(spec);
  for_every_format([&](const FrameView& frame) {
    PreparedFrame want, got;
    preparer.prepare(frame, want);
    prepare_on_cuda(kHere, spec, frame, got);
    for (std::size_t i = 0; i < want.pixels.size(); ++i) {
      ASSERT_NEAR(got.pixels[i], want.pixels[i], 2e-5) << "value " << i;  // another order of the same sums
    }
  });
}

TEST(DevicePreparer, AFailureOfTheGpuIsNamed) {
  const test::OwnedFrame frame = test::TestPicture(32, 32).in(PixelFormat::nv12);
  cuda::Kernels broken = kHere;
  broken.prepare = fail;
  PreparedFrame out;
  try {
    prepare_on_cuda(broken, spec_of(ResizeRule::pillow_bicubic), frame.view, out);
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::device_unavailable);
    EXPECT_THAT(error.message(), HasSubstr("unspecified launch failure"));
  }
}

TEST(DevicePreparer, RefusesAPlaneThatIsMissing) {
  test::OwnedFrame frame = test::TestPicture(32, 32).in(PixelFormat::nv12);
  frame.view.planes[1] = nullptr;
  PreparedFrame out;
  EXPECT_THROW(prepare_on_cuda(kHere, spec_of(ResizeRule::pillow_bicubic), frame.view, out), Error);
}

TEST(KernelLibrary, SaysWhereItIsMissing) {
  const cuda::KernelLibrary library = cuda::open_kernel_library({"/nowhere"});
  EXPECT_EQ(library.kernels, nullptr);
  EXPECT_THAT(library.problem, HasSubstr("libvifi-cuda.so"));
}

/// A picture of the real library, on the device; freed with this.
class OnDevice {
 public:
  OnDevice(const cuda::Kernels& kernels, const test::OwnedFrame& frame) : kernels_(kernels), view(frame.view) {
    view.memory = MemoryKind::cuda;
    for (std::size_t i = 0; i < frame.planes.size(); ++i) {
      const std::vector<std::uint8_t>& plane = frame.planes[i];
      error = error != 0 ? error : kernels_.upload(plane.data(), plane.size(), &memory_[i]);
      const std::ptrdiff_t offset = frame.view.planes[i] - plane.data();
      view.planes[i] = memory_[i] ? static_cast<const std::uint8_t*>(memory_[i]) + offset : nullptr;
    }
  }
  ~OnDevice() {
    for (void* memory : memory_) {
      kernels_.release(memory);
    }
  }
  OnDevice(const OnDevice&) = delete;
  OnDevice& operator=(const OnDevice&) = delete;

 private:
  const cuda::Kernels& kernels_;
  std::array<void*, 4> memory_{};

 public:
  FrameView view;
  int error = 0;
};

class RealKernels : public testing::Test {
 protected:
  void SetUp() override {
    library_ = cuda::kernel_library();
    if (!library_.kernels) {
      GTEST_SKIP() << library_.problem;
    }
  }
  cuda::KernelLibrary library_;
};

TEST_F(RealKernels, WithoutAGpuTheyFailWithAReason) {
  void* memory = nullptr;
  const int error = library_.kernels->upload("x", 1, &memory);
  if (error == 0) {
    library_.kernels->release(memory);
    GTEST_SKIP() << "there is a GPU";
  }
  EXPECT_GT(std::strlen(library_.kernels->error_text(error)), 5U);
}

TEST_F(RealKernels, OnAGpuComputeTheBitsOfTheProcessor) {
  const PreprocessSpec spec = spec_of(ResizeRule::pillow_bicubic);
  Preparer preparer(spec);
  for (const PixelFormat format : kYuvFormats) {
    const test::OwnedFrame frame = test::TestPicture(61, 47).in(format);
    const OnDevice there(*library_.kernels, frame);
    if (there.error != 0) {
      GTEST_SKIP() << "no GPU: " << library_.kernels->error_text(there.error);
    }
    PreparedFrame want, got;
    preparer.prepare(frame.view, want);
    prepare_on_cuda(*library_.kernels, spec, there.view, got);
    EXPECT_EQ(got.pixels, want.pixels) << "format " << static_cast<int>(format);
  }
}

}  // namespace
}  // namespace vifi
