#include "transforms/transform.h"

#include <fmt/format.h>

#include <algorithm>

#include "vifi/error.h"
#include "video/clip_augmentation.h"
#include "video/prepare_plan.h"

namespace vifi::train {
namespace {

ResizeRule short_side_rule(const PreprocessSpec& preprocess) {
  if (preprocess.resize == ResizeMode::squash) {
    throw Error(ErrorCode::unsupported, "[augment clip] the model squashes frames to a square",
                "only frames whose short side is resized can be augmented or cropped three times");
  }
  return rule_of(preprocess);
}

/// A preprocess up to its normalisation, in 8-bit pixels.
TransformList middle_square(const PreprocessSpec& preprocess) {
  const int side = preprocess.resize_size > 0 ? preprocess.resize_size : preprocess.size;
  return {std::make_shared<ShortSide>(side, short_side_rule(preprocess)),
          std::make_shared<CenterCrop>(preprocess.size, preprocess.crop_offset)};
}

}  // namespace

std::vector<Step> draw_all(const TransformList& transforms, Random& random, std::size_t frames) {
  std::vector<Step> steps;
  steps.reserve(transforms.size());
  for (const auto& transform : transforms) steps.push_back(transform->draw(random, frames));
  return steps;
}

Step ShortSide::draw(Random&, std::size_t) const {
  return [self = *this](Picture& picture, std::size_t) { self.apply(picture); };
}

void ShortSide::apply(Picture& picture) const {
  const Size size = picture.size();
  picture.resize(rule_ == ResizeRule::opencv_bilinear ? rescaled_size(size, side_) : short_side_size(size, side_), rule_);
}

Step RandomCrop::draw(Random& random, std::size_t) const {
  const auto size_draw = random.below(static_cast<std::int64_t>(crop_.size_count()));
  const auto offset_draw = random.below(static_cast<std::int64_t>(MultiScaleCrop::kOffsets));
  return with(static_cast<std::size_t>(size_draw), static_cast<std::size_t>(offset_draw));
}

Step RandomCrop::with(std::size_t size_draw, std::size_t offset_draw) const {
  return [crop = crop_, size = size_, size_draw, offset_draw](Picture& picture, std::size_t) {
    picture.crop(crop.box(picture.size(), size, size_draw, offset_draw));
    if (picture.size() != Size{size, size}) picture.resize({size, size}, ResizeRule::opencv_bilinear);
  };
}

Step CenterCrop::draw(Random&, std::size_t) const {
  return [side = side_, offset = offset_](Picture& picture, std::size_t) {
    picture.crop(center_crop(picture.size(), side, offset));
  };
}

Step ThreeCrop::draw(Random&, std::size_t) const {
  return [side = side_, which = which_](Picture& picture, std::size_t) {
    picture.crop(three_crops(picture.size(), side).at(which));
  };
}

Step RandomFlip::draw(Random& random, std::size_t) const { return with(flips(random.uniform(), ratio_)); }

Step RandomFlip::with(bool flip) {
  return [flip](Picture& picture, std::size_t) {
    if (flip) mirror_rows(picture.pixels(), picture.size().width);
  };
}

Step RandomColors::draw(Random& random, std::size_t frames) const {
  if (!random.chance(ratio_)) return with({});
  const auto factor = [&](float strength) {
    return static_cast<float>(random.uniform(std::max(0.0, 1.0 - strength), 1.0 + strength));
  };
  std::vector<ColorJitter> jitter(frames);
  for (ColorJitter& one : jitter) {
    for (std::size_t i = one.order.size() - 1; i > 0; --i) {
      std::swap(one.order[i], one.order[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(i) + 1))]);
    }
    one.brightness = factor(strength_.brightness);
    one.contrast = factor(strength_.contrast);
    one.saturation = factor(strength_.saturation);
    one.hue = random.uniform(-strength_.hue, strength_.hue);
  }
  return with(std::move(jitter));
}

Step RandomColors::with(std::vector<ColorJitter> jitter) {
  return [jitter = std::move(jitter)](Picture& picture, std::size_t frame) {
    if (jitter.empty()) return;
    if (frame >= jitter.size()) {
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("[augment clip] frame {}: only {} colour jitters were drawn", frame, jitter.size()));
    }
    jitter[frame].apply(picture.pixels());
  };
}

Step RandomGray::draw(Random& random, std::size_t) const { return with(random.chance(ratio_)); }

Step RandomGray::with(bool gray) {
  return [gray](Picture& picture, std::size_t) {
    if (gray) make_gray(picture.pixels());
  };
}

Step Normalise::draw(Random&, std::size_t) const {
  return [normaliser = normaliser_](Picture& picture, std::size_t) { picture.normalise(*normaliser); };
}

Step Prepare::draw(Random&, std::size_t) const {
  return [spec = spec_](Picture& picture, std::size_t) { picture.prepare(spec); };
}

TransformList train_transforms(const TransformOptions& options) {
  const PreprocessSpec& preprocess = options.preprocess;
  TransformList list;
  if (options.random_crop) {
    list = {std::make_shared<ShortSide>(scaled_short_side(preprocess.size)), std::make_shared<RandomCrop>(preprocess.size)};
  } else {
    list = middle_square(preprocess);
  }
  if (options.flip > 0) list.push_back(std::make_shared<RandomFlip>(options.flip));
  if (options.color_jitter > 0) {
    list.push_back(std::make_shared<RandomColors>(options.color_jitter, RandomColors::Strength{}));
  }
  if (options.gray_scale > 0) list.push_back(std::make_shared<RandomGray>(options.gray_scale));
  list.push_back(std::make_shared<Normalise>(preprocess.mean, preprocess.std));
  return list;
}

TransformList test_transforms(const PreprocessSpec& preprocess) {
  if (preprocess.resize == ResizeMode::squash || preprocess.rounding == Rounding::floating) {
    return {std::make_shared<Prepare>(preprocess)};
  }
  TransformList list = middle_square(preprocess);  // the same, from a frame cache too
  list.push_back(std::make_shared<Normalise>(preprocess.mean, preprocess.std));
  return list;
}

TransformList three_crop_transforms(const PreprocessSpec& preprocess, std::size_t crop) {
  return {std::make_shared<ShortSide>(preprocess.size, short_side_rule(preprocess)),
          std::make_shared<ThreeCrop>(preprocess.size, crop), std::make_shared<Normalise>(preprocess.mean, preprocess.std)};
}

}  // namespace vifi::train
