#include "overlay_painter.h"

#include <pango/pangocairo.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <numbers>

namespace vifi::gst {
namespace {

struct Color {
  double red, green, blue;
};

constexpr Color kGray{0.33, 0.33, 0.33};

/// One hue for each label, as far from the last ones as can be (steps of the golden ratio); all equally dark, so that
/// white text can be read on them.
Color color_of(int id) {
  constexpr double kStep = 0.618033988749895;
  constexpr double kBlue = 0.58;
  constexpr double kLuma = 0.30;
  const double hue = 6 * std::fmod(kBlue + kStep * static_cast<double>(static_cast<unsigned>(id) % 1000), 1.0);
  const auto channel = [&](double center) {  // of a saturated colour; 1 at its own hue, 0 on the other side
    const double distance = std::min(std::abs(hue - center), 6 - std::abs(hue - center));
    return 0.1 + 0.9 * std::clamp(2 - distance, 0.0, 1.0);
  };
  const Color pure{channel(0), channel(2), channel(4)};
  const double scale = kLuma / (0.299 * pure.red + 0.587 * pure.green + 0.114 * pure.blue);
  return {std::min(1.0, scale * pure.red), std::min(1.0, scale * pure.green), std::min(1.0, scale * pure.blue)};
}

struct FreeContext {
  void operator()(cairo_t* context) const { cairo_destroy(context); }
};
using Canvas = std::unique_ptr<cairo_t, FreeContext>;

struct UnrefLayout {
  void operator()(PangoLayout* layout) const { g_object_unref(layout); }
};
using Layout = std::unique_ptr<PangoLayout, UnrefLayout>;

struct Box {
  int x, y, width, height;
};

/// A picture of the box's size that Cairo draws into, and that becomes an overlay rectangle without a copy.
class Sheet {
 public:
  explicit Sheet(const Box& box) : box_(box) {
    const int stride = cairo_format_stride_for_width(CAIRO_FORMAT_ARGB32, box.width);
    buffer_ = gst_buffer_new_allocate(nullptr, static_cast<gsize>(stride) * static_cast<gsize>(box.height), nullptr);
    gst_buffer_memset(buffer_, 0, 0, gst_buffer_get_size(buffer_));
    gst_buffer_add_video_meta(buffer_, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_OVERLAY_COMPOSITION_FORMAT_RGB,
                              static_cast<guint>(box.width), static_cast<guint>(box.height));
    gst_buffer_map(buffer_, &map_, GST_MAP_READWRITE);
    cairo_surface_t* surface =
        cairo_image_surface_create_for_data(map_.data, CAIRO_FORMAT_ARGB32, box.width, box.height, stride);
    canvas_.reset(cairo_create(surface));
    cairo_surface_destroy(surface);
  }
  ~Sheet() {
    if (buffer_ == nullptr) return;
    unmap();
    gst_buffer_unref(buffer_);
  }
  Sheet(const Sheet&) = delete;
  Sheet& operator=(const Sheet&) = delete;

  cairo_t* canvas() { return canvas_.get(); }

  RectanglePtr rectangle() {
    unmap();
    RectanglePtr rectangle(gst_video_overlay_rectangle_new_raw(buffer_, box_.x, box_.y, static_cast<guint>(box_.width),
                                                               static_cast<guint>(box_.height),
                                                               GST_VIDEO_OVERLAY_FORMAT_FLAG_PREMULTIPLIED_ALPHA));
    gst_buffer_unref(buffer_);
    buffer_ = nullptr;
    return rectangle;
  }

 private:
  void unmap() {
    canvas_.reset();
    gst_buffer_unmap(buffer_, &map_);
  }

  Box box_;
  GstBuffer* buffer_;
  GstMapInfo map_;
  Canvas canvas_;
};

void round_box(cairo_t* canvas, double x, double y, double width, double height, double radius) {
  using std::numbers::pi;
  radius = std::min({radius, width / 2, height / 2});
  cairo_new_sub_path(canvas);
  cairo_arc(canvas, x + width - radius, y + radius, radius, -pi / 2, 0);
  cairo_arc(canvas, x + width - radius, y + height - radius, radius, 0, pi / 2);
  cairo_arc(canvas, x + radius, y + height - radius, radius, pi / 2, pi);
  cairo_arc(canvas, x + radius, y + radius, radius, pi, 3 * pi / 2);
  cairo_close_path(canvas);
}

void shade(cairo_t* canvas, guint shading) {
  cairo_set_source_rgba(canvas, 0, 0, 0, shading / 255.0);
}

void fill_color(cairo_t* canvas, const Color& color) {
  cairo_set_source_rgba(canvas, color.red, color.green, color.blue, 0.9);
}

/// One line in a font of `size` pixels, cut to `width` with an ellipsis.
Layout line_of(PangoContext* context, const OverlaySettings& settings, const std::string& text, int size, bool bold,
               int width) {
  Layout layout(pango_layout_new(context));
  PangoFontDescription* font = pango_font_description_from_string(settings.font.c_str());
  pango_font_description_set_absolute_size(font, static_cast<double>(size) * PANGO_SCALE);
  if (bold) pango_font_description_set_weight(font, PANGO_WEIGHT_BOLD);
  pango_layout_set_font_description(layout.get(), font);
  pango_font_description_free(font);
  pango_layout_set_single_paragraph_mode(layout.get(), TRUE);
  pango_layout_set_ellipsize(layout.get(), PANGO_ELLIPSIZE_END);
  pango_layout_set_width(layout.get(), std::max(width, 1) * PANGO_SCALE);
  pango_layout_set_text(layout.get(), text.c_str(), static_cast<int>(text.size()));
  return layout;
}

int width_of(const Layout& layout) {
  int width = 0;
  pango_layout_get_pixel_size(layout.get(), &width, nullptr);
  return width;
}

/// Draws a line in the middle of [y, y + height), outlined so that it can be read on any picture.
void draw_line(cairo_t* canvas, const OverlaySettings& settings, const Layout& layout, double x, double y,
               double height, int size) {
  int line_height = 0;
  pango_layout_get_pixel_size(layout.get(), nullptr, &line_height);
  const auto channel = [&](int shift) { return ((settings.color >> shift) & 0xff) / 255.0; };
  const auto move = [&] { cairo_move_to(canvas, x, std::round(y + (height - line_height) / 2)); };
  move();
  pango_cairo_layout_path(canvas, layout.get());
  cairo_set_source_rgba(canvas, 0, 0, 0, 0.6 * channel(24));
  cairo_set_line_width(canvas, std::max(1.0, size / 9.0));
  cairo_set_line_join(canvas, CAIRO_LINE_JOIN_ROUND);
  cairo_stroke(canvas);
  move();
  cairo_set_source_rgba(canvas, channel(16), channel(8), channel(0), channel(24));
  pango_cairo_show_layout(canvas, layout.get());  // not a filled path: emoji have colours of their own
}

std::string percent(float score) {
  std::array<char, 16> text{};
  g_snprintf(text.data(), text.size(), "%.0f %%", 100.0 * static_cast<double>(score));
  return text.data();
}

std::uint64_t content_of(const OverlayScene& scene) {
  std::uint64_t sum = scene.spans().size();
  for (const auto& span : scene.spans()) {
    sum = sum * 1'000'003 + span.seq * 2 + (span.open ? 1 : 0) + static_cast<std::uint64_t>(span.start_ns) +
          (span.open ? 0 : static_cast<std::uint64_t>(span.end_ns) * 31) + std::hash<std::string>{}(span.name);
  }
  return sum;
}

}  // namespace

/// Lengths in pixels.
struct OverlayPainter::Sizes {
  Sizes(const OverlaySettings& settings, int width, int height) {
    // A picture that stands upright is read like one as wide as it is.
    const double unit = std::min(height, width * 3 / 4) * settings.text_scale;
    label = std::max(14, static_cast<int>(std::lround(unit * 0.05)));
    text = std::max(11, static_cast<int>(std::lround(unit * 0.034)));
    margin = std::max(4, height / 40);
    gap = std::max(2, text / 6);
    picture_width = std::max(width - 2 * margin, 1);
    picture_height = std::max(height - 2 * margin, 1);
    panel_width = std::min(picture_width, 22 * label);
    label_row = label * 3 / 2;
    text_row = text * 3 / 2;
  }

  int label, text;  // fonts
  int margin, gap;
  int picture_width, picture_height;  // without margins
  int panel_width;
  int label_row, text_row;  // heights
};

OverlayPainter::OverlayPainter() {
  PangoFontMap* fonts = pango_cairo_font_map_new();
  context_ = pango_font_map_create_context(fonts);
  g_object_unref(fonts);
}

OverlayPainter::~OverlayPainter() {
  g_object_unref(context_);
}

RectanglePtr OverlayPainter::paint_scores(const Result& result, const Sizes& sizes) {
  const bool named = (settings_.show & kShowLabel) != 0 && result.accepted;
  const std::size_t rows = (settings_.show & kShowScores) != 0 ? settings_.scores : (named ? 1 : 0);
  const std::size_t count = std::min(rows, result.labels.size());
  const auto row_height = [&](std::size_t i) { return i == 0 && named ? sizes.label_row : sizes.text_row; };

  int height = 0;
  std::size_t fitting = 0;
  const int strip = (settings_.show & kShowEvents) != 0 ? sizes.text_row + sizes.gap : 0;
  for (; fitting < count; ++fitting) {
    const int more = row_height(fitting) + (fitting > 0 ? sizes.gap : 0);
    if (height + more > sizes.picture_height - strip) break;
    height += more;
  }
  if (fitting == 0) return nullptr;

  Box box{sizes.margin, sizes.margin + strip, sizes.panel_width, height};
  if (settings_.horizontal == HorizontalAlign::center) box.x = (width_ - box.width) / 2;
  if (settings_.horizontal == HorizontalAlign::right) box.x = width_ - sizes.margin - box.width;
  if (settings_.vertical == VerticalAlign::bottom) box.y = height_ - sizes.margin - strip - height;

  Sheet sheet(box);
  cairo_t* canvas = sheet.canvas();
  int y = 0;
  for (std::size_t i = 0; i < fitting; ++i) {
    const ScoredLabel& label = result.labels[i];
    const bool large = i == 0 && named;
    const int size = large ? sizes.label : sizes.text;
    const int row = row_height(i);
    const double radius = row / 5.0;
    const int pad = size / 2;

    round_box(canvas, 0, y, box.width, row, radius);
    shade(canvas, settings_.shading);
    cairo_fill(canvas);
    // The bar is cut out of the row's own shape, so that short ones keep its corner.
    cairo_save(canvas);
    round_box(canvas, 0, y, box.width, row, radius);
    cairo_clip(canvas);
    cairo_rectangle(canvas, 0, y, box.width * std::clamp(static_cast<double>(label.score), 0.0, 1.0), row);
    fill_color(canvas, result.accepted ? color_of(label.id) : kGray);
    cairo_fill(canvas);
    cairo_restore(canvas);

    const Layout score = line_of(context_, settings_, percent(label.score), size, large, box.width);
    const int score_width = width_of(score);
    draw_line(canvas, settings_, score, box.width - pad - score_width, y, row, size);
    const Layout name = line_of(context_, settings_, label.name, size, large, box.width - 3 * pad - score_width);
    draw_line(canvas, settings_, name, pad, y, row, size);
    y += row + sizes.gap;
  }
  return sheet.rectangle();
}

RectanglePtr OverlayPainter::paint_strip(const OverlayScene& scene, const Sizes& sizes) {
  const Box box{
      sizes.margin,
      settings_.vertical == VerticalAlign::bottom ? std::max(height_ - sizes.margin - sizes.text_row, 0) : sizes.margin,
      sizes.picture_width, sizes.text_row};
  Sheet sheet(box);
  cairo_t* canvas = sheet.canvas();
  round_box(canvas, 0, 0, box.width, box.height, box.height / 5.0);
  cairo_clip_preserve(canvas);
  shade(canvas, settings_.shading);
  cairo_fill(canvas);

  const std::int64_t begin = scene.now_ns() - settings_.history_ns;
  const auto x_of = [&](std::int64_t time) {
    const double share = static_cast<double>(time - begin) / static_cast<double>(settings_.history_ns);
    return std::clamp(share, 0.0, 1.0) * box.width;
  };
  for (const auto& span : scene.spans()) {
    const double left = std::round(x_of(span.start_ns));
    const double right = std::max(std::round(x_of(span.open ? scene.now_ns() : span.end_ns)), left + 2);
    cairo_rectangle(canvas, left, 0, right - left - 1, box.height);  // a pixel apart from the next
    fill_color(canvas, color_of(span.id));
    cairo_fill(canvas);
    const int pad = std::max(2, sizes.text / 4);
    const int room = static_cast<int>(right - left) - 2 * pad;
    if (room < 2 * sizes.text) continue;
    draw_line(canvas, settings_, line_of(context_, settings_, span.name, sizes.text, false, room), left + pad, 0,
              box.height, sizes.text);
  }
  return sheet.rectangle();
}

GstVideoOverlayComposition* OverlayPainter::paint(const OverlayScene& scene, const OverlaySettings& settings, int width,
                                                  int height) {
  if (width != width_ || height != height_ || !(settings == settings_)) {
    width_ = width;
    height_ = height;
    settings_ = settings;
    scores_.reset();
    scores_seq_.reset();
    strip_step_ = -1;
  }
  if (settings.silent || width < 8 || height < 8) return nullptr;
  const Sizes sizes(settings, width, height);

  const Result* result = scene.result();
  if (result == nullptr) {
    scores_.reset();
    scores_seq_.reset();
  } else if (scores_seq_ != result->seq || scores_model_ != result->model) {
    scores_ = paint_scores(*result, sizes);
    scores_seq_ = result->seq;
    scores_model_ = result->model;
  }

  if ((settings.show & kShowEvents) == 0) {
    strip_.reset();
  } else {
    // A pixel's time, but no more than ten pictures of the strip a second.
    const std::int64_t step_ns = std::max<std::int64_t>(settings.history_ns / sizes.picture_width, 100'000'000);
    const std::int64_t step = scene.now_ns() / step_ns;
    const std::uint64_t content = content_of(scene);
    if (strip_step_ < 0 || content != strip_content_ || (step != strip_step_ && !scene.spans().empty())) {
      strip_ = scene.spans().empty() ? nullptr : paint_strip(scene, sizes);
      strip_step_ = step;
      strip_content_ = content;
    }
  }

  if (!scores_ && !strip_) return nullptr;
  GstVideoOverlayComposition* composition = gst_video_overlay_composition_new((scores_ ? scores_ : strip_).get());
  if (scores_ && strip_) gst_video_overlay_composition_add_rectangle(composition, strip_.get());
  return composition;
}

}  // namespace vifi::gst
