#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "vifi/export.h"
#include "vifi/frame.h"

namespace vifi {

enum class ResizeMode { short_side, squash };
enum class Interpolation { bilinear, bicubic };
/// Whose arithmetic a resize follows: OpenCV on uint8, Pillow on uint8, or floating point.
enum class Rounding { opencv, pillow, floating };
enum class CropMode { center, none };
/// Offset of a centre crop: `(side - S) div 2`, or round-half-to-even of `(side - S) / 2`.
enum class CropOffset { floor, half_even };

/// From a frame to the model's input. Supported: bilinear/no antialias/opencv (rule A),
/// bicubic/antialias/pillow and bilinear/antialias/pillow (rule B), bilinear/antialias/floating (rule C).
struct PreprocessSpec {
  ResizeMode resize = ResizeMode::short_side;
  int size = 224;         ///< S, side of the square input in pixels
  int resize_size = 0;    ///< short side after resizing; 0: `size`
  Interpolation interpolation = Interpolation::bicubic;
  bool antialias = true;
  Rounding rounding = Rounding::pillow;
  CropMode crop = CropMode::center;
  CropOffset crop_offset = CropOffset::half_even;
  std::array<float, 3> mean{0.48145466F, 0.4578275F, 0.40821073F};   ///< of pixels scaled to 0..1
  std::array<float, 3> std{0.26862954F, 0.26130258F, 0.27577711F};

  bool operator==(const PreprocessSpec&) const = default;
};

/// A frame in the model's input form, [3, S, S] float32, normalised. Owns its memory; cheap to move.
struct PreparedFrame {
  int size = 0;                         ///< S
  std::vector<float> pixels;            ///< host form, 3*S*S values; empty where `device` is set
  std::shared_ptr<void> device;         ///< the engine's own form (device memory), else null
};

/// Makes the model's input from a frame on the CPU. `prepare` may run on any thread, also at once on several
/// objects; one object serves one thread at a time (it keeps tables and row buffers between frames).
class VIFI_API Preparer {
 public:
  /// @throws Error(invalid_argument, unsupported) for a spec that cannot be followed
  explicit Preparer(const PreprocessSpec& spec, bool honour_pixel_aspect = true);
  ~Preparer();
  Preparer(Preparer&&) noexcept;
  Preparer& operator=(Preparer&&) noexcept;

  /// @throws Error(invalid_argument) for impossible sizes or strides, Error(unsupported) for device memory
  void prepare(const FrameView& frame, PreparedFrame& out);

  const PreprocessSpec& spec() const noexcept;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vifi
