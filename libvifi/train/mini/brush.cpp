#include "mini/brush.h"

#include <numbers>

namespace vifi::train::mini {

Color mixed(Color a, Color b, double part_of_b) {
  const double k = 1 - part_of_b;
  return {k * a.r + part_of_b * b.r, k * a.g + part_of_b * b.g, k * a.b + part_of_b * b.b};
}

void Brush::disc(Point center, double radius, Color color) {
  cairo_new_path(context_);
  cairo_arc(context_, center.x, center.y, radius, 0, 2 * std::numbers::pi);
  paint(color);
}

void Brush::ellipse(Point center, double rx, double ry, Color color, double tilt) {
  {
    const Saved saved(context_);
    cairo_translate(context_, center.x, center.y);
    cairo_rotate(context_, tilt);
    cairo_scale(context_, rx, ry);
    cairo_new_path(context_);
    cairo_arc(context_, 0, 0, 1, 0, 2 * std::numbers::pi);
  }
  paint(color);
}

void Brush::ellipse_line(Point center, double rx, double ry, double tilt, double width, Color color) {
  {
    const Saved saved(context_);
    cairo_translate(context_, center.x, center.y);
    cairo_rotate(context_, tilt);
    cairo_scale(context_, rx, ry);
    cairo_new_path(context_);
    cairo_arc(context_, 0, 0, 1, 0, 2 * std::numbers::pi);
  }
  stroke(width, color);
}

void Brush::ring(Point center, double radius, double width, Color color) {
  cairo_new_path(context_);
  cairo_arc(context_, center.x, center.y, radius, 0, 2 * std::numbers::pi);
  stroke(width, color);
}

void Brush::line(std::span<const Point> points, double width, Color color) {
  path(points);
  stroke(width, color);
}

void Brush::line(Point from, Point to, double width, Color color) {
  const Point points[]{from, to};
  line(points, width, color);
}

void Brush::polygon(std::span<const Point> points, Color color) {
  path(points);
  cairo_close_path(context_);
  paint(color);
}

void Brush::outline(std::span<const Point> points, double width, Color color) {
  path(points);
  cairo_close_path(context_);
  stroke(width, color);
}

void Brush::rectangle(double x, double y, double width, double height, Color color) {
  cairo_new_path(context_);
  cairo_rectangle(context_, x, y, width, height);
  paint(color);
}

void Brush::curve(Point from, Point control_a, Point control_b, Point to, double width, Color color) {
  cairo_new_path(context_);
  cairo_move_to(context_, from.x, from.y);
  cairo_curve_to(context_, control_a.x, control_a.y, control_b.x, control_b.y, to.x, to.y);
  stroke(width, color);
}

void Brush::path(std::span<const Point> points) {
  cairo_new_path(context_);
  for (const Point& point : points) cairo_line_to(context_, point.x, point.y);
}

void Brush::paint(Color color) {
  cairo_set_source_rgb(context_, color.r, color.g, color.b);
  cairo_fill(context_);
}

void Brush::stroke(double width, Color color) {
  cairo_set_source_rgb(context_, color.r, color.g, color.b);
  cairo_set_line_width(context_, width);
  cairo_set_line_cap(context_, CAIRO_LINE_CAP_ROUND);
  cairo_set_line_join(context_, CAIRO_LINE_JOIN_ROUND);
  cairo_stroke(context_);
}

}  // namespace vifi::train::mini
