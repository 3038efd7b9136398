#include "methods/open_clip_preparation.h"

#include <cmath>
#include <string>

#include "base/json_object.h"
#include "weights/weights_error.h"

namespace vifi {
namespace {

std::array<float, 3> per_channel(const JsonObject& object, std::string_view key, std::array<float, 3> fallback,
                                 bool positive) {
  const nlohmann::json& value = object.value(key);
  if (value.is_null()) {
    return fallback;
  }
  std::array<float, 3> result{};
  bool fine = value.is_array() && value.size() == result.size();
  for (std::size_t i = 0; fine && i < result.size(); ++i) {
    fine = value[i].is_number() && std::isfinite(value[i].get<float>()) && (!positive || value[i].get<float>() > 0);
    result[i] = fine ? value[i].get<float>() : 0;
  }
  if (!fine) {
    object.refuse(key, positive ? "three positive numbers" : "three numbers");
  }
  return result;
}

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
  spec.mean = per_channel(config, "mean", spec.mean, false);
  spec.std = per_channel(config, "std", spec.std, true);
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
