#include "video/clip_augmentation.h"

#include <fmt/format.h>

#include <algorithm>

#include "vifi/error.h"

namespace vifi {

void ClipAugmentation::apply(const FrameView& frame, const ClipDraws& draws, std::size_t index,
                             std::span<std::uint8_t> out) {
  if (!draws.jitter.empty() && index >= draws.jitter.size()) {
    throw Error(ErrorCode::invalid_argument, fmt::format("[augment clip] frame {}: only {} colour jitters were drawn",
                                                         index, draws.jitter.size()));
  }
  ResizePlan plan;
  plan.rule = ResizeRule::opencv_bilinear;
  plan.source = upright_size(frame);
  plan.target = rescaled_size(plan.source, scaled_short_side(size_));
  plan.window = crop_.box(plan.target, size_, draws.size_draw, draws.offset_draw);
  const Size crop{plan.window.width(), plan.window.height()};
  const std::size_t count = static_cast<std::size_t>(crop.width) * crop.height;
  planes_.resize(3 * count);
  to_crop_.resize(frame, plan, std::span(planes_));

  if (crop == Size{size_, size_}) {
    std::copy(planes_.begin(), planes_.end(), out.begin());
  } else {
    pixels_.resize(3 * count);
    for (std::size_t i = 0; i < count; ++i) {
      for (std::size_t c = 0; c < 3; ++c) {
        pixels_[3 * i + c] = planes_[c * count + i];
      }
    }
    FrameView view;
    view.format = PixelFormat::rgb;
    view.width = crop.width;
    view.height = crop.height;
    view.planes[0] = pixels_.data();
    view.strides[0] = static_cast<std::ptrdiff_t>(crop.width) * 3;
    to_square_.resize(view, {ResizeRule::opencv_bilinear, crop, {size_, size_}, {0, 0, size_, size_}}, out);
  }

  if (draws.flip) {
    mirror_rows(out, size_);
  }
  if (!draws.jitter.empty()) {
    draws.jitter[index].apply(out);
  }
  if (draws.gray) {
    make_gray(out);
  }
}

void mirror_rows(std::span<std::uint8_t> planes, int width) {
  for (std::size_t row = 0; row + width <= planes.size(); row += width) {
    std::reverse(planes.begin() + row, planes.begin() + row + width);
  }
}

}  // namespace vifi
