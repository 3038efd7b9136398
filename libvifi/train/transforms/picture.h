#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "vifi/export.h"
#include "vifi/frame.h"
#include "vifi/preprocess.h"
#include "video/geometry.h"
#include "video/normaliser.h"
#include "video/resizer.h"

namespace vifi::train {

/// A frame on its way to the model's input: first a picture of any format, then [3, h, w] 8-bit RGB, at last float32.
/// Resizes and crops are noted and done together, so that what falls away is never computed. Serves one frame after
/// the other and keeps its buffers and tables. One thread.
class VIFI_API Picture {
 public:
  /// Begins with a frame that is borrowed until the next `open`.
  void open(const FrameView& frame);
  /// Begins with [3, h, w] 8-bit RGB, which is copied.
  void open(Size size, std::span<const std::uint8_t> planes);

  Size size() const { return size_; }  ///< upright, as it is by now

  /// @param rule  rule C, which never rounds, is rounded to 8 bits here
  void resize(Size target, ResizeRule rule);
  /// @throws Error(invalid_argument) for a box that does not lie in the picture
  void crop(const Box& box);

  /// [3, h, w] red first, to be changed in place. @throws Error(internal) after normalisation
  std::span<std::uint8_t> pixels();

  /// Ends the way: (x/255 - mean) / std.
  void normalise(const Normaliser& normaliser);

  /// Ends the way of an unchanged frame as streams and evaluation do it. @throws Error(internal) if it was changed
  void prepare(const PreprocessSpec& spec);

  /// [3, h, w]. @throws Error(internal) before one of the two above
  std::span<const float> values() const;

 private:
  enum class Form { source, pixels, values };

  void materialise();
  FrameView interleaved();

  Form form_ = Form::source;
  Size size_;
  FrameView source_;
  std::optional<ResizePlan> plan_;         ///< of the source
  std::vector<std::uint8_t> planes_;       ///< [3, size_]
  std::vector<std::uint8_t> interleaved_;  ///< [h, w, 3], what is resized a second time
  std::vector<float> values_;
  Resizer from_frame_;
  Resizer from_pixels_;
  std::unique_ptr<Preparer> preparer_;
  PreparedFrame prepared_;
};

}  // namespace vifi::train
