#pragma once

#include <gst/video/video.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "overlay_scene.h"
#include "overlay_settings.h"

typedef struct _PangoContext PangoContext;

namespace vifi::gst {

struct UnrefRectangle {
  void operator()(GstVideoOverlayRectangle* rectangle) const { gst_video_overlay_rectangle_unref(rectangle); }
};
using RectanglePtr = std::unique_ptr<GstVideoOverlayRectangle, UnrefRectangle>;

/// Draws a scene with Cairo and Pango, for a picture of any size: lengths follow from its height. Draws anew only what
/// has changed since the last call. Streaming thread only.
class OverlayPainter {
 public:
  OverlayPainter();
  ~OverlayPainter();
  OverlayPainter(const OverlayPainter&) = delete;
  OverlayPainter& operator=(const OverlayPainter&) = delete;

  /// @param width, height  of the picture, pixels
  /// @return a new composition; null where there is nothing to show
  GstVideoOverlayComposition* paint(const OverlayScene& scene, const OverlaySettings& settings, int width, int height);

 private:
  struct Sizes;

  RectanglePtr paint_scores(const Result& result, const Sizes& sizes);
  RectanglePtr paint_strip(const OverlayScene& scene, const Sizes& sizes);

  PangoContext* context_;
  OverlaySettings settings_;  // of the pictures below
  int width_ = 0;
  int height_ = 0;
  RectanglePtr scores_;
  std::optional<std::uint64_t> scores_seq_;  // number of the result that is drawn
  std::string scores_model_;
  RectanglePtr strip_;
  std::int64_t strip_step_ = -1;  // when it was drawn, in steps of time that are worth a picture
  std::uint64_t strip_content_ = 0;
};

}  // namespace vifi::gst
