#include "mini/mini_images.h"

#include <algorithm>

#include "mini/image.h"

namespace vifi::train::mini {
namespace {

/// A fifth of the frame's height is cut off at most: models of frames see it whole, those of training clips a part.
constexpr int kClosest = 80;

class Reader final : public CaptionedImageReader {
 public:
  Reader(const std::string& list, std::uint64_t seed, const std::vector<std::size_t>& phrases)
      : maker_(seed, list, kClosest), seed_(seed), phrases_(phrases) {}

  CaptionedImage read(std::uint64_t number, std::span<std::uint8_t> pixels, std::span<float> points) override {
    constexpr std::uint64_t kCaption = 0x63617074696F6E;  // apart from the pictures' draws
    const ImageFacts facts = maker_.make(number, pixels);
    Random random({seed_, kCaption, number});
    CaptionedImage image{.caption = caption_of(facts, random), .has_points = facts.person};
    if (facts.person) std::copy(facts.joints.begin(), facts.joints.end(), points.begin());
    const auto found = std::find(phrases_.begin(), phrases_.end(), static_cast<std::size_t>(facts.phrase));
    if (facts.phrase >= 0 && found != phrases_.end()) image.label = found - phrases_.begin();
    return image;
  }

 private:
  ImageMaker maker_;
  std::uint64_t seed_;
  std::vector<std::size_t> phrases_;
};

}  // namespace

MiniImages::MiniImages(const std::string& list, std::uint64_t seed)
    : list_(list), seed_(seed), phrases_(phrase_list(list)) {}

std::int64_t MiniImages::image_size() const {
  return kInputSize;
}

std::vector<std::string> MiniImages::labels() const {
  std::vector<std::string> names;
  for (const std::size_t phrase : phrases_)
    names.push_back(phrases()[phrase].name);
  return names;
}

std::vector<std::string> MiniImages::label_wordings() const {
  return {plain_wordings().begin(), plain_wordings().end()};
}

std::vector<std::string> MiniImages::vocabulary() const {
  return caption_vocabulary();
}

std::unique_ptr<CaptionedImageReader> MiniImages::reader() const {
  return std::make_unique<Reader>(list_, seed_, phrases_);
}

}  // namespace vifi::train::mini
