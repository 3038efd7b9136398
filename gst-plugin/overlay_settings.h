#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <string>

namespace vifi::gst {

enum class HorizontalAlign { left, center, right };
enum class VerticalAlign { bottom, top };

/// What the overlay shows, as flags.
enum OverlayPart : guint { kShowLabel = 1, kShowScores = 2, kShowEvents = 4 };

/// The values of vificlipoverlay's properties. Guarded by the object lock; a frame is drawn with a copy.
struct OverlaySettings {
  bool silent = false;
  guint show = kShowLabel | kShowScores | kShowEvents;
  guint scores = 3;                          ///< rows
  std::int64_t history_ns = 60'000'000'000;  ///< length of the strip
  std::string source;                        ///< name of a vificlip; empty: the last one before the overlay
  std::string font = "Sans";                 ///< Pango's form; a size is ignored
  double text_scale = 1;
  std::uint32_t color = 0xffffffff;  ///< of text, ARGB
  guint shading = 150;               ///< opacity of what lies behind text, 0..255
  HorizontalAlign horizontal = HorizontalAlign::left;
  VerticalAlign vertical = VerticalAlign::bottom;

  bool operator==(const OverlaySettings&) const = default;
};

}  // namespace vifi::gst
