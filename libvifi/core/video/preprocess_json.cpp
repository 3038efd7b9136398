#include "video/preprocess_json.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "vifi/bundle.h"

namespace vifi {
namespace {

template <typename Enum, std::size_t N>
using Words = JsonObject::Words<Enum, N>;

constexpr Words<ResizeMode, 2> kResizes{{{"short-side", ResizeMode::short_side}, {"squash", ResizeMode::squash}}};
constexpr Words<Interpolation, 2> kInterpolations{
    {{"bilinear", Interpolation::bilinear}, {"bicubic", Interpolation::bicubic}}};
constexpr Words<Rounding, 3> kRoundings{
    {{"opencv", Rounding::opencv}, {"pillow", Rounding::pillow}, {"float", Rounding::floating}}};
constexpr Words<CropMode, 2> kCrops{{{"center", CropMode::center}, {"none", CropMode::none}}};
constexpr Words<CropOffset, 2> kCropOffsets{{{"floor", CropOffset::floor}, {"half-even", CropOffset::half_even}}};

template <typename Enum, std::size_t N>
std::string_view word_of(Enum value, const Words<Enum, N>& words) {
  return std::find_if(words.begin(), words.end(), [&](const auto& word) { return word.second == value; })->first;
}

}  // namespace

nlohmann::ordered_json preprocess_json(const PreprocessSpec& spec) {
  return {{"resize", word_of(spec.resize, kResizes)},
          {"size", spec.size},
          {"resize_size", spec.resize_size > 0 ? spec.resize_size : spec.size},
          {"interpolation", word_of(spec.interpolation, kInterpolations)},
          {"antialias", spec.antialias},
          {"rounding", word_of(spec.rounding, kRoundings)},
          {"crop", word_of(spec.crop, kCrops)},
          {"crop_offset", word_of(spec.crop_offset, kCropOffsets)},
          {"mean", spec.mean},
          {"std", spec.std}};
}

std::string to_json(const PreprocessSpec& spec) { return preprocess_json(spec).dump(); }

PreprocessSpec preprocess_from(const JsonObject& object) {
  constexpr std::int64_t kLargestSide = 8192;
  PreprocessSpec spec;
  spec.resize = object.choice("resize", spec.resize, kResizes);
  spec.size = static_cast<int>(object.integer("size", spec.size, kLargestSide));
  spec.resize_size = object.has("resize_size") ? static_cast<int>(object.integer("resize_size", 1, kLargestSide)) : 0;
  spec.interpolation = object.choice("interpolation", spec.interpolation, kInterpolations);
  spec.antialias = object.flag("antialias", spec.antialias);
  spec.rounding = object.choice("rounding", spec.rounding, kRoundings);
  spec.crop = object.choice("crop", spec.crop, kCrops);
  // Each arithmetic comes with the crop of the programs that use it.
  const CropOffset usual = spec.rounding == Rounding::opencv ? CropOffset::floor : CropOffset::half_even;
  spec.crop_offset = object.choice("crop_offset", usual, kCropOffsets);
  spec.mean = object.per_channel("mean", spec.mean, false);
  spec.std = object.per_channel("std", spec.std, true);
  return spec;
}

}  // namespace vifi
