#include "methods/open_clip_preparation.h"

#include <cmath>
#include <string>

#include "base/json_object.h"
#include "weights/weights_error.h"

namespace vifi {
namespace {

[[noreturn]] void refuse_value(const JsonObject& object, std::string_view key, const std::string& value) {
  throw WeightsError(WeightsErrorKind::unsupported, object.place(key) + " \"" + value + "\" is not supported",
                     "make a bundle that says how frames are prepared (docs/bundle.md)");
}

}  // namespace

PreprocessSpec squashed(int size, Interpolation interpolation) {
  PreprocessSpec spec;
  spec.resize = ResizeMode::squash;
  spec.size = size;
  spec.interpolation = interpolation;
  spec.antialias = true;
  spec.rounding = Rounding::pillow;
  spec.crop = CropMode::none;
  spec.mean = spec.std = {0.5F, 0.5F, 0.5F};
  return spec;
}

PreprocessSpec open_clip_preparation(const Checkpoint& checkpoint, const PreprocessSpec& fallback) {
  if (!checkpoint.config.is_object() || !checkpoint.config.contains("preprocess_cfg")) {
    return fallback;
  }
  const JsonObject root(checkpoint.config, checkpoint.config_path, [](const std::string& message) {
    throw WeightsError(WeightsErrorKind::corrupt, message);
  });
  const JsonObject config = root.section("preprocess_cfg");
  PreprocessSpec spec = fallback;
  spec.mean = config.per_channel("mean", spec.mean, false);
  spec.std = config.per_channel("std", spec.std, true);
  if (const std::string name = config.text("interpolation", ""); name == "bicubic" || name == "bilinear") {
    spec.interpolation = name == "bicubic" ? Interpolation::bicubic : Interpolation::bilinear;
  } else if (!name.empty()) {
    refuse_value(config, "interpolation", name);
  }
  if (const std::string mode = config.text("resize_mode", ""); mode == "squash" || mode == "shortest") {
    spec.resize = mode == "squash" ? ResizeMode::squash : ResizeMode::short_side;
    spec.crop = mode == "squash" ? CropMode::none : CropMode::center;
  } else if (!mode.empty()) {
    refuse_value(config, "resize_mode", mode);
  }
  return spec;
}

}  // namespace vifi
