#include "transforms/picture.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "vifi/error.h"

namespace vifi::train {
namespace {

Error misuse(const char* what) { return Error(ErrorCode::internal, std::string("[transform] ") + what); }

std::size_t area(Size size) { return static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height); }

Box whole(Size size) { return {0, 0, size.width, size.height}; }

}  // namespace

void Picture::open(const FrameView& frame) {
  form_ = Form::source;
  source_ = frame;
  size_ = upright_size(frame);
  plan_.reset();
}

void Picture::open(Size size, std::span<const std::uint8_t> planes) {
  if (planes.size() != 3 * area(size)) throw misuse("planes and size don't fit");
  form_ = Form::pixels;
  size_ = size;
  plan_.reset();
  planes_.assign(planes.begin(), planes.end());
}

void Picture::resize(Size target, ResizeRule rule) {
  if (form_ == Form::values) throw misuse("a resize after the normalisation");
  if (plan_) materialise();
  if (target == size_ && form_ == Form::pixels) return;  // every rule keeps the pixels of its own size
  if (form_ == Form::pixels) {
    source_ = interleaved();
    form_ = Form::source;
  }
  plan_ = ResizePlan{rule, size_, target, whole(target)};
  size_ = target;
}

void Picture::crop(const Box& box) {
  if (box.x1 < 0 || box.y1 < 0 || box.x2 > size_.width || box.y2 > size_.height || box.width() <= 0 || box.height() <= 0) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("[crop] columns {} to {}, rows {} to {} of {} x {} pixels: they must lie in the picture", box.x1,
                            box.x2, box.y1, box.y2, size_.width, size_.height));
  }
  if (form_ == Form::values) throw misuse("a crop after the normalisation");
  const Size cropped{box.width(), box.height()};
  if (form_ == Form::source) {
    if (!plan_) plan_ = ResizePlan{ResizeRule::opencv_bilinear, size_, size_, whole(size_)};
    Box& window = plan_->window;
    window = {window.x1 + box.x1, window.y1 + box.y1, window.x1 + box.x2, window.y1 + box.y2};
  } else {
    std::uint8_t* to = planes_.data();
    for (std::size_t channel = 0; channel < 3; ++channel) {
      for (int y = box.y1; y < box.y2; ++y) {
        const std::uint8_t* row = planes_.data() + channel * area(size_) + static_cast<std::size_t>(y) * size_.width;
        to = std::copy(row + box.x1, row + box.x2, to);  // never ahead of what is read
      }
    }
    planes_.resize(3 * area(cropped));
  }
  size_ = cropped;
}

std::span<std::uint8_t> Picture::pixels() {
  if (form_ == Form::values) throw misuse("pixels after the normalisation");
  materialise();
  return planes_;
}

void Picture::normalise(const Normaliser& normaliser) {
  const auto from = pixels();
  values_.resize(from.size());
  normaliser.apply(from, std::span(values_));
  form_ = Form::values;
}

void Picture::prepare(const PreprocessSpec& spec) {
  if (form_ != Form::source || plan_) throw misuse("a frame was changed before it is prepared");
  if (!preparer_ || preparer_->spec() != spec) preparer_ = std::make_unique<Preparer>(spec, /*honour_pixel_aspect=*/false);
  preparer_->prepare(source_, prepared_);
  values_.swap(prepared_.pixels);
  size_ = {prepared_.size, prepared_.size};
  form_ = Form::values;
}

std::span<const float> Picture::values() const {
  if (form_ != Form::values) throw misuse("a list of transforms ends without a normalisation");
  return values_;
}

void Picture::materialise() {
  if (form_ != Form::source) return;
  if (!plan_) plan_ = ResizePlan{ResizeRule::opencv_bilinear, size_, size_, whole(size_)};
  planes_.resize(3 * area(size_));
  // A picture of ours is resized with tables of its own: a clip alternates between the two.
  Resizer& resizer = source_.planes[0] == interleaved_.data() ? from_pixels_ : from_frame_;
  if (plan_->rule == ResizeRule::antialias_bilinear) {
    values_.resize(planes_.size());
    resizer.resize(source_, *plan_, std::span<float>(values_));
    std::transform(values_.begin(), values_.end(), planes_.begin(),
                   [](float value) { return static_cast<std::uint8_t>(std::lround(std::clamp(value, 0.0F, 255.0F))); });
  } else {
    resizer.resize(source_, *plan_, std::span<std::uint8_t>(planes_));
  }
  plan_.reset();
  form_ = Form::pixels;
}

FrameView Picture::interleaved() {
  const std::size_t count = area(size_);
  interleaved_.resize(3 * count);
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t channel = 0; channel < 3; ++channel) interleaved_[3 * i + channel] = planes_[channel * count + i];
  }
  FrameView view;
  view.format = PixelFormat::rgb;
  view.width = size_.width;
  view.height = size_.height;
  view.planes[0] = interleaved_.data();
  view.strides[0] = std::ptrdiff_t{3} * size_.width;
  return view;
}

}  // namespace vifi::train
