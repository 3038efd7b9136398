#pragma once

#include <cairo.h>

#include <span>
#include <vector>

namespace vifi::train::mini {

struct Point {
  double x = 0, y = 0;
};

inline Point operator+(Point a, Point b) { return {a.x + b.x, a.y + b.y}; }
inline Point operator-(Point a, Point b) { return {a.x - b.x, a.y - b.y}; }
inline Point operator*(double k, Point a) { return {k * a.x, k * a.y}; }

/// 0..1 each.
struct Color {
  double r = 0, g = 0, b = 0;
};

inline Color operator*(double k, Color c) { return {k * c.r, k * c.g, k * c.b}; }
Color mixed(Color a, Color b, double part_of_b);

/// Draws filled shapes and round-capped lines into a Cairo context, in whatever units its matrix gives.
class Brush {
 public:
  explicit Brush(cairo_t* context) : context_(context) {}

  void disc(Point center, double radius, Color color);
  /// @param tilt  counter-clockwise where y points up
  void ellipse(Point center, double rx, double ry, Color color, double tilt = 0);
  void line(std::span<const Point> points, double width, Color color);
  void line(Point from, Point to, double width, Color color);
  void ring(Point center, double radius, double width, Color color);
  void polygon(std::span<const Point> points, Color color);
  void rectangle(double x, double y, double width, double height, Color color);
  void outline(std::span<const Point> points, double width, Color color);  ///< closed
  /// A Bezier curve.
  void curve(Point from, Point control_a, Point control_b, Point to, double width, Color color);
  void ellipse_line(Point center, double rx, double ry, double tilt, double width, Color color);

  cairo_t* context() const { return context_; }

 private:
  void path(std::span<const Point> points);
  void paint(Color color);
  void stroke(double width, Color color);

  cairo_t* context_;
};

/// Restores the context's matrix and settings.
class Saved {
 public:
  explicit Saved(cairo_t* context) : context_(context) { cairo_save(context_); }
  ~Saved() { cairo_restore(context_); }
  Saved(const Saved&) = delete;
  Saved& operator=(const Saved&) = delete;

 private:
  cairo_t* context_;
};

}  // namespace vifi::train::mini
