#include "mini/props.h"

#include <array>
#include <cmath>
#include <numbers>

namespace vifi::train::mini {
namespace {

constexpr Color kDark{.12, .12, .13};
constexpr Color kMetal{.45, .45, .48};
constexpr Color kWood{.50, .34, .18};
constexpr Color kPaper{.95, .95, .92};

/// Away from upright, counter-clockwise.
Point upward(double angle) { return {-std::sin(angle), std::cos(angle)}; }
Point forward(double angle) { return {std::cos(angle), std::sin(angle)}; }

void quad(Brush& brush, Point a, Point b, Point c, Point d, Color color) {
  const Point points[]{a, b, c, d};
  brush.polygon(points, color);
}

}  // namespace

void draw_dumbbell(Brush& brush, Point hand, Color color) {
  brush.line(hand - Point{.05, 0}, hand + Point{.05, 0}, .022, kMetal);
  for (const double side : {-1.0, 1.0}) brush.rectangle(hand.x + side * .055 - .02, hand.y - .045, .04, .09, color);
}

void draw_barbell(Brush& brush, Point middle, Color color) {
  brush.line(middle - Point{.42, 0}, middle + Point{.42, 0}, .018, kMetal);
  for (const double side : {-1.0, 1.0}) brush.rectangle(middle.x + side * .38 - .025, middle.y - .11, .05, .22, color);
}

void draw_cup(Brush& brush, Point hand, double tilt, Color color) {
  const Saved saved(brush.context());
  cairo_translate(brush.context(), hand.x, hand.y);
  cairo_rotate(brush.context(), tilt);
  quad(brush, {-.03, -.03}, {.03, -.03}, {.042, .06}, {-.042, .06}, color);
}

void draw_book(Brush& brush, Point middle, double page, Color color) {
  brush.rectangle(middle.x - .115, middle.y - .07, .23, .14, color);
  quad(brush, middle + Point{-.1, -.055}, middle + Point{0, -.065}, middle + Point{0, .06}, middle + Point{-.1, .065}, kPaper);
  quad(brush, middle + Point{.1, -.055}, middle + Point{0, -.065}, middle + Point{0, .06}, middle + Point{.1, .065}, kPaper);
  const double x = .1 * std::cos(std::numbers::pi * page);
  brush.line(middle + Point{0, .06}, middle + Point{x, .09}, .008, {.7, .7, .68});
  brush.line(middle + Point{x, .09}, middle + Point{x, -.03}, .008, {.7, .7, .68});
}

void draw_phone(Brush& brush, Point hand) { brush.rectangle(hand.x - .02, hand.y - .03, .04, .09, kDark); }

void draw_guitar(Brush& brush, Point neck, Color color) {
  const Point body = neck + Point{-.09, -.215};
  brush.line(body, body + Point{.37, .14}, .028, kWood);
  brush.ellipse(body + Point{-.035, -.015}, .10, .088, color, .35);
  brush.ellipse(body + Point{.065, .022}, .075, .066, color, .35);
  brush.disc(body + Point{.015, .005}, .028, kDark);
}

void draw_drum(Brush& brush, Point top, Color color) {
  brush.rectangle(top.x - .17, top.y - .14, .34, .14, color);
  brush.ellipse(top, .17, .045, kPaper);
}

void draw_flag(Brush& brush, Point hand, double angle, double length, double side, double wave, Color color) {
  const Point up = upward(angle);
  const Point top = hand + length * up;
  const Point across{side * up.y, -side * up.x};
  brush.line(hand - .05 * up, top, .018, kWood);
  const Point end = top + .27 * across + (.03 * wave) * up;
  const Point middle = top + .135 * across - (.025 * wave) * up;
  const std::array<Point, 6> cloth{top, middle, end, end - .20 * up, middle - .20 * up, top - .20 * up};
  brush.polygon(cloth, color);
}

void draw_umbrella(Brush& brush, Point hand, double tilt, Color color, double half_width, double height) {
  const Saved saved(brush.context());
  cairo_t* context = brush.context();
  cairo_translate(context, hand.x, hand.y);
  cairo_rotate(context, tilt);
  brush.line({0, -.05}, {0, .47}, .016, kDark);
  const double base = .47 - height;
  {
    const Saved half(context);
    cairo_translate(context, 0, base);
    cairo_scale(context, half_width, height);
    cairo_new_path(context);
    cairo_arc(context, 0, 0, 1, 0, std::numbers::pi);
    cairo_close_path(context);
    cairo_set_source_rgb(context, color.r, color.g, color.b);
    cairo_fill(context);
  }
  for (const double rib : {-.5, 0.0, .5}) {
    brush.curve({0, base + height}, {rib * half_width, base + .8 * height}, {1.2 * rib * half_width, base + .3 * height},
                {1.2 * rib * half_width, base}, .008, .7 * color);
  }
}

void draw_balloon(Brush& brush, Point hand, Point middle, Color color) {
  brush.line(hand, middle - Point{0, .115}, .008, kDark);
  brush.ellipse(middle, .095, .115, color);
  brush.ellipse(middle + Point{-.03, .04}, .02, .03, mixed(color, {1, 1, 1}, .5));
}

void draw_ball(Brush& brush, Point middle, double radius, Color color) {
  brush.disc(middle, radius, color);
  brush.disc(middle + Point{-.3 * radius, .3 * radius}, .25 * radius, mixed(color, {1, 1, 1}, .4));
}

void draw_box(Brush& brush, Point middle, double width, double height, Color color) {
  brush.rectangle(middle.x - width / 2, middle.y - height / 2, width, height, color);
  brush.rectangle(middle.x - width / 2, middle.y - height / 10, width, height / 5, .6 * color);
}

void draw_cart(Brush& brush, double x, double scale, Color color) {
  const auto at = [&](double dx, double y) { return Point{x + scale * dx, scale * y}; };
  quad(brush, at(-.16, .14), at(.16, .14), at(.2, .40), at(-.2, .40), color);
  for (const double side : {-.1, .1}) {
    brush.disc(at(side, .07), .07 * scale, kDark);
    brush.disc(at(side, .07), .03 * scale, kMetal);
  }
}

void draw_chair_front(Brush& brush, Color color) {
  brush.rectangle(-.17, .30, .34, .40, .8 * color);
  for (const double x : {-.17, .17}) brush.line({x, .02}, {x, .28}, .03, .7 * color);
  brush.rectangle(-.19, .255, .38, .05, color);
}

void draw_chair_side(Brush& brush, Point ground, double scale, Color color) {
  const auto at = [&](double x, double y) { return ground + scale * Point{x, y}; };
  for (const double x : {-.13, .13}) brush.line(at(x, .015), at(x, .31), .03 * scale, .7 * color);
  brush.line(at(-.13, .31), at(-.15, .70), .035 * scale, color);
  brush.line(at(-.13, .31), at(.13, .31), .045 * scale, color);
}

void draw_ladder(Brush& brush, Color color) {
  for (double y = .08; y < 1.6; y += .13) brush.line({-.16, y}, {.16, y}, .022, color);
  for (const double x : {-.16, .16}) brush.line({x, 0}, {x, 1.6}, .028, color);
}

void draw_rope(Brush& brush, double sway, Color color) {
  brush.curve({0, 1.7}, {0, 1.2}, {.02 * sway, .6}, {.04 * sway, .02}, .03, color);
}

void draw_bicycle(Brush& brush, double spoke, double pedal, Color color) {
  const Point back{-.29, .15}, ahead{.33, .15}, crank{.02, .19}, saddle{-.12, .50}, bar{.27, .58}, head{.24, .46};
  for (const Point wheel : {back, ahead}) {
    brush.ring(wheel, .14, .022, kDark);
    for (int i = 0; i < 3; ++i) {
      const Point way = .13 * forward(spoke + i * std::numbers::pi / 3);
      brush.line(wheel - way, wheel + way, .006, kMetal);
    }
  }
  const std::array<Point, 4> frame{back, crank, head, {-.10, .42}};
  brush.outline(frame, .022, color);
  brush.line(crank, saddle, .022, color);
  brush.line(ahead, bar, .022, color);
  brush.line(saddle - Point{.05, 0}, saddle + Point{.05, 0}, .035, kDark);
  brush.line(bar, bar + Point{.04, -.02}, .03, kDark);
  const Point way = .075 * forward(pedal);
  brush.line(crank - way, crank + way, .018, kMetal);
}

void draw_broom(Brush& brush, Point high, Point low, Point floor, Color color) {
  brush.line(high + .25 * (high - low), floor + Point{0, .04}, .02, kWood);
  quad(brush, floor + Point{-.035, .07}, floor + Point{.035, .07}, floor + Point{.075, 0}, floor + Point{-.075, 0}, color);
}

void draw_shovel(Brush& brush, Point high, Point low, Color color) {
  const Point way = low - high;
  const Point ahead = (1 / std::max(std::hypot(way.x, way.y), 1e-6)) * way;
  const Point across{-ahead.y, ahead.x};
  const Point blade = low + .22 * ahead;
  brush.line(high - .1 * ahead, blade, .022, kWood);
  quad(brush, blade - .05 * across, blade + .05 * across, blade + .13 * ahead + .04 * across, blade + .13 * ahead - .04 * across,
       color);
}

void draw_heap(Brush& brush, double x, Color color) {
  const std::array<Point, 5> heap{Point{x - .17, 0}, {x - .07, .10}, {x, .13}, {x + .08, .09}, {x + .17, 0}};
  brush.polygon(heap, color);
}

void draw_bat(Brush& brush, Point hand, double angle, Color color) {
  const Point way = forward(angle);
  brush.line(hand - .03 * way, hand + .38 * way, .025, color);
  brush.line(hand + .18 * way, hand + .36 * way, .052, color);
}

void draw_hammer(Brush& brush, Point hand, double angle, Color color) {
  const Point way = forward(angle);
  const Point across{-way.y, way.x};
  const Point head = hand + .24 * way;
  brush.line(hand - .03 * way, head, .022, kWood);
  brush.line(head - .05 * across, head + .05 * across, .06, color);
}

void draw_block(Brush& brush, double x, Color color) { brush.rectangle(x - .10, 0, .20, .26, color); }

void draw_bag(Brush& brush, double swing, Color color) {
  const Point middle{.36 + swing, .72};
  brush.line({.36, 1.6}, middle + Point{0, .28}, .014, kDark);
  brush.ellipse(middle, .09, .29, color);
  brush.line(middle + Point{-.085, .05}, middle + Point{.085, .05}, .02, .6 * color);
}

void draw_stairs(Brush& brush, double rise, double shift, Color color) {
  constexpr double kWidth = .17, kHeight = .10;
  for (int step = -9; step <= 9; ++step) {
    const double x = (step - shift) * kWidth;
    const double top = rise * (step - shift) * kHeight;
    brush.rectangle(x, top - 1.5, kWidth + .004, 1.5, step % 2 == 0 ? color : .88 * color);
  }
}

}  // namespace vifi::train::mini
