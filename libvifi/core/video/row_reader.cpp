#include "video/row_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "vifi/error.h"

namespace vifi {
namespace {

constexpr int kLargestSide = 1 << 15;

}  // namespace

void check_layout(const FrameView& frame) {
  const PixelLayout& layout = layout_of(frame.format);
  if (frame.width <= 0 || frame.height <= 0 || frame.width > kLargestSide || frame.height > kLargestSide) {
    throw Error(ErrorCode::invalid_argument, fmt::format("[prepare] {} frame of {} x {} pixels: expected 1 to {} each way",
                                                         layout.name, frame.width, frame.height, kLargestSide));
  }
  for (int plane = 0; plane < layout.planes; ++plane) {
    const int row_bytes = layout.row_bytes(plane, frame.width);
    if (frame.planes[plane] == nullptr) {
      throw Error(ErrorCode::invalid_argument, fmt::format("[prepare] plane {} of a {} frame is missing", plane, layout.name));
    }
    if (frame.height > 1 && std::abs(frame.strides[plane]) < row_bytes) {
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("[prepare] plane {} of a {} frame {} pixels wide: expected a stride of at least {} bytes, got {}",
                              plane, layout.name, frame.width, row_bytes, frame.strides[plane]));
    }
  }
}

void check_frame(const FrameView& frame) {
  const PixelLayout& layout = layout_of(frame.format);
  if (frame.memory != MemoryKind::host) {
    throw Error(ErrorCode::unsupported, fmt::format("[prepare] {} frame in device memory: expected host memory", layout.name),
                "download the frame first (cudadownload)");
  }
  check_layout(frame);
}

void RowReader::open(const FrameView& frame) {
  const PixelLayout& layout = layout_of(frame.format);
  check_frame(frame);
  if (layout.has_chroma()) {
    color_ = yuv_to_rgb(frame.matrix, frame.range, layout.bits);
  } else if (layout.is_yuv()) {
    color_ = gray_to_rgb(frame.range, layout.bits);
  }
  frame_ = frame;
  layout_ = &layout;
  chroma_row_ = -1;
}

void RowReader::read(int y, int begin, int end, RgbRow out) {
  const PixelLayout& layout = *layout_;
  const int width = end - begin;
  const std::uint8_t* row = frame_.planes[0] + y * frame_.strides[0];
  if (!layout.is_yuv()) {
    kernels_->split_rgb(row + begin * layout.step, layout.step, layout.order.data(), width, out);
    return;
  }

  read_chroma(layout.has_chroma() ? y >> layout.chroma_shift_y : 0, begin, end);
  const std::size_t size = terms_.size() / 3;
  float* red = terms_.data() + (begin - chroma_begin_);
  const ChromaTerms terms{red, red + size, red + 2 * size};
  if (layout.kind == PixelLayout::Kind::packed_yuv422) {
    kernels_->luma8(row + layout.order[0] + 2 * begin, 2, width, color_.luma, terms, out);
  } else if (layout.sample_bytes == 1) {
    kernels_->luma8(row + begin, 1, width, color_.luma, terms, out);
  } else {
    kernels_->luma16(row + 2 * begin, layout.sample_shift, width, color_.luma, terms, out);
  }
}

void RowReader::read_chroma(int chroma_row, int begin, int end) {
  if (chroma_row == chroma_row_ && begin >= chroma_begin_ && end <= chroma_end_) {
    return;
  }
  const PixelLayout& layout = *layout_;
  const int shift = layout.chroma_shift_x;
  const int first = begin >> shift;
  const int count = ((end - 1) >> shift) + 1 - first;
  chroma_row_ = chroma_row;
  chroma_begin_ = first << shift;
  chroma_end_ = (first + count) << shift;

  const std::size_t size = static_cast<std::size_t>(count << shift) + kRowSlack / sizeof(float);
  terms_.resize(3 * size);
  const ChromaTerms terms{terms_.data(), terms_.data() + size, terms_.data() + 2 * size};
  if (!layout.has_chroma()) {
    std::fill_n(terms.red, count, color_.red);
    std::fill_n(terms.green, count, color_.green);
    std::fill_n(terms.blue, count, color_.blue);
    return;
  }

  int step = layout.sample_bytes;
  const auto plane_row = [&](int plane) { return frame_.planes[plane] + chroma_row * frame_.strides[plane]; };
  const std::uint8_t* u = nullptr;
  const std::uint8_t* v = nullptr;
  switch (layout.kind) {
    case PixelLayout::Kind::planar_yuv:
      u = plane_row(layout.order[1]);
      v = plane_row(layout.order[2]);
      break;
    case PixelLayout::Kind::semiplanar_yuv:
      u = plane_row(1) + layout.order[1] * step;
      v = plane_row(1) + layout.order[2] * step;
      step *= 2;
      break;
    default:
      u = plane_row(0) + layout.order[1];
      v = plane_row(0) + layout.order[2];
      step = 4;
      break;
  }
  const std::ptrdiff_t offset = static_cast<std::ptrdiff_t>(first) * step;
  if (layout.sample_bytes == 1) {
    kernels_->chroma8(u + offset, v + offset, step, count, shift != 0, color_, terms);
  } else {
    kernels_->chroma16(u + offset, v + offset, step, layout.sample_shift, count, shift != 0, color_, terms);
  }
}

}  // namespace vifi
