#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "data/random.h"
#include "transforms/picture.h"
#include "vifi/export.h"
#include "video/color_jitter.h"
#include "video/reference_preprocess.h"
#include "video/resize_table.h"

namespace vifi::train {

/// A transform with every choice made for one clip. @param frame  position in the clip
using Step = std::function<void(Picture& picture, std::size_t frame)>;

/// One change of the frames of a clip. Its random choices are made once a clip, apart from being applied; each class
/// has a function that takes the choices, for tests and for choices made elsewhere. Immutable.
class Transform {
 public:
  virtual ~Transform() = default;
  /// @param frames  of the clip
  virtual Step draw(Random& random, std::size_t frames) const = 0;
};

/// Applied in order; the last one ends in float32.
using TransformList = std::vector<std::shared_ptr<const Transform>>;

/// Makes all choices of a list for one clip.
VIFI_API std::vector<Step> draw_all(const TransformList& transforms, Random& random, std::size_t frames);

/// Short side to so many pixels, the other one rounded as the rule's program does it.
class VIFI_API ShortSide : public Transform {
 public:
  explicit ShortSide(int side, ResizeRule rule = ResizeRule::opencv_bilinear) : side_(side), rule_(rule) {}
  Step draw(Random&, std::size_t) const override;
  void apply(Picture& picture) const;
  int side() const { return side_; }
  ResizeRule rule() const { return rule_; }
  bool operator==(const ShortSide& other) const { return side_ == other.side_ && rule_ == other.rule_; }

 private:
  int side_;
  ResizeRule rule_;
};

/// One of MultiScaleCrop's boxes, then the square of `size` pixels by rule A.
class VIFI_API RandomCrop : public Transform {
 public:
  explicit RandomCrop(int size, MultiScaleCrop crop = {}) : size_(size), crop_(std::move(crop)) {}
  Step draw(Random& random, std::size_t) const override;
  Step with(std::size_t size_draw, std::size_t offset_draw) const;

 private:
  int size_;
  MultiScaleCrop crop_;
};

class VIFI_API CenterCrop : public Transform {
 public:
  explicit CenterCrop(int side, CropOffset offset = CropOffset::floor) : side_(side), offset_(offset) {}
  Step draw(Random&, std::size_t) const override;

 private:
  int side_;
  CropOffset offset_;
};

/// One of the three crops along the longer side of a picture whose short side is `side`.
class VIFI_API ThreeCrop : public Transform {
 public:
  ThreeCrop(int side, std::size_t which) : side_(side), which_(which) {}
  Step draw(Random&, std::size_t) const override;

 private:
  int side_;
  std::size_t which_;
};

/// Mirrors all frames of a clip, or none.
class VIFI_API RandomFlip : public Transform {
 public:
  explicit RandomFlip(double ratio = 0.5) : ratio_(ratio) {}
  Step draw(Random& random, std::size_t) const override;
  static Step with(bool flip);

 private:
  double ratio_;
};

/// Colours of a clip with probability `ratio`; each frame then has factors of its own (as the reference).
class VIFI_API RandomColors : public Transform {
 public:
  struct Strength {
    float brightness = 0.4F;
    float contrast = 0.4F;
    float saturation = 0.2F;
    double hue = 0.1;
  };
  explicit RandomColors(double ratio, Strength strength) : ratio_(ratio), strength_(strength) {}
  Step draw(Random& random, std::size_t frames) const override;
  static Step with(std::vector<ColorJitter> jitter);  ///< one a frame, or none at all

 private:
  double ratio_;
  Strength strength_;
};

class VIFI_API RandomGray : public Transform {
 public:
  explicit RandomGray(double ratio = 0.2) : ratio_(ratio) {}
  Step draw(Random& random, std::size_t) const override;
  static Step with(bool gray);

 private:
  double ratio_;
};

class VIFI_API Normalise : public Transform {
 public:
  /// @param mean, std  of pixels scaled to 0..1
  Normalise(const std::array<float, 3>& mean, const std::array<float, 3>& std)
      : normaliser_(std::make_shared<const Normaliser>(mean, std)) {}
  Step draw(Random&, std::size_t) const override;

 private:
  std::shared_ptr<const Normaliser> normaliser_;
};

/// All of evaluation in one: what a stream does to a frame.
class VIFI_API Prepare : public Transform {
 public:
  explicit Prepare(const PreprocessSpec& spec) : spec_(spec) {}
  Step draw(Random&, std::size_t) const override;

 private:
  PreprocessSpec spec_;
};

/// What AUG and DATA of a configuration say.
struct TransformOptions {
  PreprocessSpec preprocess = reference_preprocess(224);
  bool random_crop = true;
  double flip = 0.5;
  double color_jitter = 0.8;
  double gray_scale = 0.2;
};

/// The reference's training: short side 256/224 S and multi-scale crop, flip, colours, gray, normalisation. Without
/// random crops `preprocess` takes the place of the first two.
/// @throws Error(unsupported) for a preprocess that squashes, without random crops
VIFI_API TransformList train_transforms(const TransformOptions& options);
/// What a stream does to a frame.
VIFI_API TransformList test_transforms(const PreprocessSpec& preprocess);
/// The reference's three-crop test: short side S; crop 0 is the first, 1 the last, 2 the middle.
/// @throws Error(unsupported) for a preprocess that squashes
VIFI_API TransformList three_crop_transforms(const PreprocessSpec& preprocess, std::size_t crop);

}  // namespace vifi::train
