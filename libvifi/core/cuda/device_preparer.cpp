#include "cuda/device_preparer.h"

#include <string>

#include "vifi/error.h"
#include "video/normaliser.h"
#include "video/prepare_plan.h"
#include "video/row_reader.h"
#include "video/upright_rows.h"

namespace vifi {
namespace {

using Kind = PixelLayout::Kind;

void set_samples(cuda::Picture& picture, const PixelLayout& layout, const FrameView& frame) {
  const auto& order = layout.order;
  const auto plane = [&](int index) { return frame.planes[static_cast<std::size_t>(index)]; };
  const auto stride = [&](int index) { return frame.strides[static_cast<std::size_t>(index)]; };
  picture.y = plane(0);
  picture.y_stride = picture.u_stride = picture.v_stride = stride(0);
  picture.y_step = layout.sample_bytes;
  switch (layout.kind) {
    case Kind::gray: break;
    case Kind::planar_yuv:
      picture.u = plane(order[1]);
      picture.v = plane(order[2]);
      picture.u_stride = stride(order[1]);
      picture.v_stride = stride(order[2]);
      picture.chroma_step = layout.sample_bytes;
      break;
    case Kind::semiplanar_yuv:
      picture.u = plane(1) + order[1] * layout.sample_bytes;
      picture.v = plane(1) + order[2] * layout.sample_bytes;
      picture.u_stride = picture.v_stride = stride(1);
      picture.chroma_step = 2 * layout.sample_bytes;
      break;
    case Kind::packed_yuv422:
      picture.y = plane(0) + order[0];
      picture.u = plane(0) + order[1];
      picture.v = plane(0) + order[2];
      picture.y_step = 2;
      picture.chroma_step = 4;
      break;
    case Kind::packed_rgb:
      picture.rgb = true;
      picture.y = plane(0) + order[0];
      picture.u = plane(0) + order[1];
      picture.v = plane(0) + order[2];
      picture.y_step = layout.step;
      break;
  }
}

void set_colors(cuda::Picture& picture, const PixelLayout& layout, const FrameView& frame) {
  if (!layout.is_yuv()) {
    return;
  }
  const YuvToRgb color = layout.has_chroma() ? yuv_to_rgb(frame.matrix, frame.range, layout.bits)
                                             : gray_to_rgb(frame.range, layout.bits);
  picture.luma = color.luma;
  picture.red_v = color.red_v;
  picture.red = color.red;
  picture.green_u = color.green_u;
  picture.green_v = color.green_v;
  picture.green = color.green;
  picture.blue_u = color.blue_u;
  picture.blue = color.blue;
}

std::vector<std::int32_t> fixed_weights(ResizeRule rule, const ResizeTable& table) {
  if (rule == ResizeRule::opencv_bilinear) {
    return {table.low.begin(), table.low.end()};
  }
  std::vector<std::int32_t> weights(table.low.size());
  for (std::size_t i = 0; i < weights.size(); ++i) {
    weights[i] = table.fixed(i);
  }
  return weights;
}

cuda::Taps taps_of(const ResizeTable& table, const std::vector<std::int32_t>& fixed) {
  return {.first = table.first.data(),
          .used = table.used.data(),
          .fixed = fixed.data(),
          .real = table.real.data(),
          .count = static_cast<int>(table.first.size()),
          .taps = table.taps};
}

cuda::Rule kernel_rule(ResizeRule rule) {
  switch (rule) {
    case ResizeRule::opencv_bilinear: return cuda::Rule::opencv_bilinear;
    case ResizeRule::pillow_bicubic:
    case ResizeRule::pillow_bilinear: return cuda::Rule::pillow;
    case ResizeRule::antialias_bilinear: break;
  }
  return cuda::Rule::antialias_bilinear;
}

}  // namespace

cuda::Picture picture_of(const FrameView& frame) {
  const PixelLayout& layout = layout_of(frame.format);
  const Turn turn = turn_of(frame.orientation);
  cuda::Picture picture;
  picture.width = frame.width;
  picture.height = frame.height;
  picture.sample_bytes = layout.sample_bytes;
  picture.sample_shift = layout.sample_shift;
  picture.chroma_shift_x = layout.chroma_shift_x;
  picture.chroma_shift_y = layout.chroma_shift_y;
  picture.transpose = turn.transpose;
  picture.mirror_x = turn.mirror_x;
  picture.mirror_y = turn.mirror_y;
  set_samples(picture, layout, frame);
  set_colors(picture, layout, frame);
  return picture;
}

DeviceResize::DeviceResize(const ResizePlan& plan)
    : along_(horizontal_table(plan.rule, {plan.source.width, plan.target.width, plan.window.x1, plan.window.width()})),
      over_(vertical_table(plan.rule, {plan.source.height, plan.target.height, plan.window.y1, plan.window.height()})),
      along_fixed_(fixed_weights(plan.rule, along_)),
      over_fixed_(fixed_weights(plan.rule, over_)),
      resize_{.rule = kernel_rule(plan.rule),
              .source_height = plan.source.height,
              .along = taps_of(along_, along_fixed_),
              .over = taps_of(over_, over_fixed_)} {}

void prepare_on_cuda(const cuda::Kernels& kernels, const PreprocessSpec& spec, const FrameView& frame,
                     PreparedFrame& out) {
  check_layout(frame);
  const ResizeRule rule = rule_of(spec);
  const DeviceResize resize(plan_of(spec, rule, frame, /*honour_pixel_aspect=*/true));
  const cuda::Picture picture = picture_of(frame);
  const Normaliser normaliser(spec.mean, spec.std);
  const auto run = [&](void* pixels) {
    if (const int error = kernels.prepare(&picture, &resize.get(), pixels)) {
      throw Error(ErrorCode::device_unavailable,
                  std::string("[prepare] a frame in CUDA memory: ") + kernels.error_text(error),
                  "download frames first (cudadownload), or use device=cpu");
    }
  };
  out.size = spec.size;
  out.device = nullptr;
  out.pixels.resize(std::size_t{3} * spec.size * spec.size);
  if (rule == ResizeRule::antialias_bilinear) {
    run(out.pixels.data());
    normaliser.apply(std::span(out.pixels));
  } else {
    std::vector<std::uint8_t> bytes(out.pixels.size());
    run(bytes.data());
    normaliser.apply(bytes, out.pixels);
  }
}

}  // namespace vifi
