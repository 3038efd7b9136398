#include "video/resizer.h"

#include <fmt/format.h>

#include <algorithm>

#include "vifi/error.h"

namespace vifi {

Size upright_size(const FrameView& frame) {
  return UprightRows::turns(frame.orientation) ? Size{frame.height, frame.width} : Size{frame.width, frame.height};
}

void Resizer::open(const FrameView& frame, const ResizePlan& plan, std::size_t out_size) {
  const Box& window = plan.window;
  if (upright_size(frame) != plan.source || window.x1 < 0 || window.y1 < 0 || window.width() <= 0 ||
      window.height() <= 0 || window.x2 > plan.target.width || window.y2 > plan.target.height ||
      out_size != std::size_t{3} * window.width() * window.height()) {
    throw Error(ErrorCode::internal, "[resize] the plan contradicts the frame or the output");
  }
  if (plan != plan_) {
    along_ = horizontal_table(plan.rule, {plan.source.width, plan.target.width, window.x1, window.width()});
    over_ = vertical_table(plan.rule, {plan.source.height, plan.target.height, window.y1, window.height()});
    plan_ = plan;
  }
  rows_.open(frame, along_.source_begin, along_.source_end);
}

/// @param along  (const uint8_t* plane, Middle* out): first pass over one plane of a row
/// @param over   (const vector<const Middle*>& rows, int output row): second pass; planes lie side by side
template <typename Middle, typename Along, typename Over>
void Resizer::run(std::vector<Middle>& ring, Along along, Over over) {
  const std::size_t width = plan_.window.width();
  const int capacity = *std::max_element(over_.used.begin(), over_.used.end());
  ring.resize(capacity * 3 * width + kRowSlack);
  const auto slot = [&](int row) { return ring.data() + row % capacity * 3 * width; };

  std::vector<const Middle*> rows;
  int next = 0;
  for (int i = 0; i < plan_.window.height(); ++i) {
    rows.clear();
    for (int k = 0; k < over_.used[i]; ++k) {
      const int row = std::clamp(over_.first[i] + k, 0, plan_.source.height - 1);
      for (next = std::max(next, row); next <= row; ++next) {
        const RgbRow source = rows_.read(next);
        Middle* middle = slot(next);
        along(source.red, middle);
        along(source.green, middle + width);
        along(source.blue, middle + 2 * width);
      }
      rows.push_back(slot(row));
    }
    over(rows, i);
  }
}

void Resizer::resize(const FrameView& frame, const ResizePlan& plan, std::span<std::uint8_t> out) {
  open(frame, plan, out.size());
  const int width = plan.window.width();
  const std::size_t plane = static_cast<std::size_t>(width) * plan.window.height();
  std::vector<std::uint8_t> line(std::size_t{3} * width);
  const auto store = [&](int row) {
    for (int c = 0; c < 3; ++c) {
      std::copy_n(line.data() + c * width, width, out.data() + c * plane + static_cast<std::size_t>(row) * width);
    }
  };

  if (plan.rule == ResizeRule::opencv_bilinear) {
    run(
        opencv_ring_,
        [&](const std::uint8_t* source, std::int16_t* middle) { kernels_->opencv_row(source, along_, middle); },
        [&](const std::vector<const std::int16_t*>& rows, int i) {
          kernels_->opencv_rows(rows[0], rows[1], over_.low[2 * i], over_.low[2 * i + 1], 3 * width, line.data());
          store(i);
        });
  } else if (is_pillow(plan.rule)) {
    run(
        pillow_ring_,
        [&](const std::uint8_t* source, std::uint8_t* middle) { kernels_->pillow_row(source, along_, middle); },
        [&](const std::vector<const std::uint8_t*>& rows, int i) {
          kernels_->pillow_rows(rows.data(), over_, i, 3 * width, line.data());
          store(i);
        });
  } else {
    throw Error(ErrorCode::internal, "[resize] rule C does not round to 8 bits");
  }
}

void Resizer::resize(const FrameView& frame, const ResizePlan& plan, std::span<float> out) {
  if (plan.rule != ResizeRule::antialias_bilinear) {
    throw Error(ErrorCode::internal, "[resize] only rule C computes in floating point");
  }
  open(frame, plan, out.size());
  const int width = plan.window.width();
  const std::size_t plane = static_cast<std::size_t>(width) * plan.window.height();
  std::vector<float> line(std::size_t{3} * width);
  run(
      float_ring_, [&](const std::uint8_t* source, float* middle) { kernels_->float_row(source, along_, middle); },
      [&](const std::vector<const float*>& rows, int i) {
        kernels_->float_rows(rows.data(), over_, i, 3 * width, line.data());
        for (int c = 0; c < 3; ++c) {
          std::copy_n(line.data() + c * width, width, out.data() + c * plane + static_cast<std::size_t>(i) * width);
        }
      });
}

}  // namespace vifi
