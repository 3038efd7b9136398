#include "video/prepare_plan.h"

#include <fmt/format.h>

#include <cmath>

#include "vifi/error.h"

namespace vifi {
namespace {

constexpr int kLargestInput = 4096;

std::string_view name_of(Interpolation interpolation) {
  return interpolation == Interpolation::bilinear ? "bilinear" : "bicubic";
}

std::string_view name_of(Rounding rounding) {
  switch (rounding) {
    case Rounding::opencv: return "opencv";
    case Rounding::pillow: return "pillow";
    case Rounding::floating: return "float";
  }
  return "?";
}

void check_numbers(const PreprocessSpec& spec) {
  const int resize_size = spec.resize_size == 0 ? spec.size : spec.resize_size;
  if (spec.size < 1 || spec.size > kLargestInput || resize_size < spec.size || resize_size > kLargestInput) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("[preprocess] size {} from a resize to {}: expected 1 <= size <= resize size <= {}", spec.size,
                            resize_size, kLargestInput));
  }
  for (int c = 0; c < 3; ++c) {
    if (!std::isfinite(spec.mean[c]) || !std::isfinite(spec.std[c]) || !(spec.std[c] > 0)) {
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("[preprocess] mean {} and std {} of channel {}: expected finite numbers and std > 0",
                              spec.mean[c], spec.std[c], c));
    }
  }
  if (spec.crop == CropMode::none && (spec.resize != ResizeMode::squash || resize_size != spec.size)) {
    throw Error(ErrorCode::unsupported,
                "[preprocess] crop none with a resize that does not end in a square of the input's size",
                "use crop center, or resize squash to the size itself");
  }
}

}  // namespace

ResizeRule rule_of(const PreprocessSpec& spec) {
  check_numbers(spec);
  const auto is = [&](Interpolation interpolation, bool antialias, Rounding rounding) {
    return spec.interpolation == interpolation && spec.antialias == antialias && spec.rounding == rounding;
  };
  if (is(Interpolation::bilinear, false, Rounding::opencv)) return ResizeRule::opencv_bilinear;
  if (is(Interpolation::bicubic, true, Rounding::pillow)) return ResizeRule::pillow_bicubic;
  if (is(Interpolation::bilinear, true, Rounding::pillow)) return ResizeRule::pillow_bilinear;
  if (is(Interpolation::bilinear, true, Rounding::floating)) return ResizeRule::antialias_bilinear;
  throw Error(ErrorCode::unsupported,
              fmt::format("[preprocess] interpolation {}, antialias {}, rounding {}: no such resize here",
                          name_of(spec.interpolation), spec.antialias, name_of(spec.rounding)),
              "supported: bilinear without antialias, rounding opencv; bicubic or bilinear with antialias, "
              "rounding pillow; bilinear with antialias, rounding float");
}

Size target_size(const PreprocessSpec& spec, ResizeRule rule, Size shown) {
  const int side = spec.resize_size == 0 ? spec.size : spec.resize_size;
  if (spec.resize == ResizeMode::squash) {
    return {side, side};
  }
  return rule == ResizeRule::opencv_bilinear ? rescaled_size(shown, side) : short_side_size(shown, side);
}

ResizePlan plan_of(const PreprocessSpec& spec, ResizeRule rule, const FrameView& frame, bool honour_pixel_aspect) {
  ResizePlan plan;
  plan.rule = rule;
  plan.source = upright_size(frame);
  plan.target = target_size(spec, rule, display_size(frame, honour_pixel_aspect));
  plan.window = center_crop(plan.target, spec.size, spec.crop_offset);
  return plan;
}

}  // namespace vifi
