#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "fuzz.h"
#include "vifi/preprocess.h"
#include "video/pixel_layout.h"

namespace vifi::fuzz {
namespace {

constexpr int kFormats = static_cast<int>(PixelFormat::p010_10le) + 1;

PreprocessSpec spec_from(Input& input) {
  PreprocessSpec spec;
  const int rule = input.below(3);
  spec.interpolation = rule == 1 ? Interpolation::bicubic : Interpolation::bilinear;
  spec.antialias = rule != 0;
  spec.rounding = rule == 0 ? Rounding::opencv : rule == 1 ? Rounding::pillow : Rounding::floating;
  spec.resize = input.below(2) == 0 ? ResizeMode::short_side : ResizeMode::squash;
  spec.crop = input.below(4) == 0 ? CropMode::none : CropMode::center;
  spec.crop_offset = input.below(2) == 0 ? CropOffset::floor : CropOffset::half_even;
  spec.size = 1 + input.below(40);
  spec.resize_size = input.below(3) == 0 ? spec.size + input.below(20) : 0;
  return spec;
}

/// A frame whose planes hold exactly the bytes that its sizes and strides reach, so that one more is a finding.
class Frame {
 public:
  explicit Frame(Input& input) {
    view.format = static_cast<PixelFormat>(input.below(kFormats));
    view.width = 1 + input.below(90);
    view.height = 1 + input.below(90);
    view.matrix = static_cast<ColorMatrix>(input.below(6));
    view.range = static_cast<ColorRange>(input.below(2));
    view.orientation = static_cast<Orientation>(input.below(8));
    if (input.below(4) == 0) {
      view.par_n = input.number<std::int16_t>();
      view.par_d = input.number<std::int16_t>();
    }
    const PixelLayout& layout = layout_of(view.format);
    for (int plane = 0; plane < layout.planes; ++plane) add(plane, layout, input);
    fill(input.rest());
    if (input.below(16) == 0) view.width = input.number<std::int32_t>() | (1 << 16);  // what the planes cannot hold
  }

  FrameView view;

 private:
  void add(int plane, const PixelLayout& layout, Input& input) {
    const int row_bytes = layout.row_bytes(plane, view.width);
    const int rows = plane == 0 ? view.height : (view.height + (1 << layout.chroma_shift_y) - 1) >> layout.chroma_shift_y;
    const int kind = input.below(8);
    const int padding = kind == 0 ? input.below(64) : 0;
    const int stride = row_bytes + padding;
    const auto index = static_cast<std::size_t>(plane);
    const std::size_t size = static_cast<std::size_t>(rows - 1) * static_cast<std::size_t>(stride) +
                             static_cast<std::size_t>(row_bytes);
    memory_[index] = std::make_unique<std::uint8_t[]>(size);
    sizes_[index] = size;
    view.planes[index] = memory_[index].get();
    view.strides[index] = stride;
    if (kind == 1) {  // upside down
      view.planes[index] += static_cast<std::ptrdiff_t>(rows - 1) * stride;
      view.strides[index] = -stride;
    } else if (kind == 2) {
      view.strides[index] = input.below(row_bytes);  // too short: must be refused
    } else if (kind == 3 && input.below(8) == 0) {
      view.planes[index] = nullptr;
    }
  }

  void fill(std::span<const std::uint8_t> pattern) {
    if (pattern.empty()) return;
    for (std::size_t plane = 0; plane < memory_.size(); ++plane) {
      for (std::size_t i = 0; i < sizes_[plane]; ++i) memory_[plane][i] = pattern[i % pattern.size()];
    }
  }

  std::array<std::unique_ptr<std::uint8_t[]>, 4> memory_;
  std::array<std::size_t, 4> sizes_{};
};

}  // namespace
}  // namespace vifi::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vifi;
  fuzz::Input input(data, size);
  fuzz::taken_or_refused([&] {
    Preparer preparer(fuzz::spec_from(input));
    PreparedFrame prepared;
    for (int frames = 0; frames < 2; ++frames) {  // the second one meets the tables of the first
      const fuzz::Frame frame(input);
      fuzz::taken_or_refused([&] {
        preparer.prepare(frame.view, prepared);
        fuzz::require(std::all_of(prepared.pixels.begin(), prepared.pixels.end(), [](float p) { return std::isfinite(p); }),
                      "a prepared pixel is no number");
      });
    }
  });
  return 0;
}
