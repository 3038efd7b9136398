#include "mini/director.h"

#include <cmath>

#include "mini/limbs.h"
#include "mini/props.h"

namespace vifi::train::mini {

using std::abs;
using std::cos;
using std::sin;

// Locomotion, seen from the side.

void Director::walking_legs() {
  for (int leg = 0; leg < 2; ++leg) {
    const double a = q_ + leg * kPi;
    pose_.legs[leg] = angles(.5 * sin(a), -(.08 + .62 * positive(cos(a))));
  }
}

void Director::locomotion() {
  if (phrase_.is("kind", "run")) {
    set_phase(1.3);
    for (int i = 0; i < 2; ++i) {
      const double a = q_ + i * kPi;
      pose_.legs[i] = angles(.2 + .85 * sin(a), -(.25 + 1.25 * positive(cos(a))));
      pose_.arms[i] = angles(-.85 * sin(a), 1.5);
    }
    pose_.lift = .07 * abs(cos(q_));
    pose_.lean = .28;
  } else if (phrase_.is("kind", "hop")) {
    set_phase(.7);
    const double b = .5 + .5 * cos(2 * q_);
    pose_.legs = {angles(.25 * b, -.5 * b), angles(.5, -1.9)};
    pose_.arms = {angles(.3 - .5 * sin(2 * q_), .6), angles(.3 + .5 * sin(2 * q_), .6)};
    pose_.lift = .17 * positive(-cos(2 * q_));
    pose_.lean = .1;
  } else {
    set_phase(.9);
    walking_legs();
    for (int i = 0; i < 2; ++i) pose_.arms[i] = angles(-.5 * sin(q_ + i * kPi), .25);
    pose_.lean = .05;
  }
  carry();
}

void Director::carry() {
  constexpr int kNear = 1;
  const Color paint = color();
  if (phrase_.is("carry", "box")) {
    both_arms(from_neck(.24, -.15));
    in_front([paint](Brush& brush, const Joints& j) { draw_box(brush, middle_of(j.hand) + Point{.09, .02}, .26, .22, paint); });
  } else if (phrase_.is("carry", "umbrella")) {
    pose_.arms[kNear] = from_neck(.15, -.08);
    in_front([paint, tilt = .05 * sin(q_)](Brush& brush, const Joints& j) { draw_umbrella(brush, j.hand[kNear], tilt, paint); });
  } else if (phrase_.is("carry", "balloon")) {
    pose_.arms[kNear] = from_neck(.17, 0);
    in_front([paint, sway = .05 * sin(q_)](Brush& brush, const Joints& j) {
      draw_balloon(brush, j.hand[kNear], j.hand[kNear] + Point{-.12 + sway, .5}, paint);
    });
  } else if (phrase_.is("carry", "flag")) {
    pose_.arms[kNear] = from_neck(.16, .05);
    in_front([paint, q = q_](Brush& brush, const Joints& j) {
      draw_flag(brush, j.hand[kNear], -.15 + .1 * sin(q), .5, -1, sin(2 * q), paint);
    });
  }
}

void Director::bicycle() {
  pose_.lean = .45;
  pose_.hip_y = .60;
  pose_.hip_x = -.10;
  const Point way{.075 * cos(-q_), .075 * sin(-q_)};
  pose_.legs = {on_ground(.02 + way.x, .19 + way.y), on_ground(.02 - way.x, .19 - way.y)};
  both_arms(on_ground(.27, .60));
  behind([q = q_, paint = color(1)](Brush& brush, const Joints&) { draw_bicycle(brush, -1.7 * q, -q, paint); });
  carry();
}

void Director::crawl() {
  set_phase(.8);
  pose_.lean = 1.22;
  pose_.nod = -.5;
  pose_.legs = {angles(.35 * sin(q_), -1.5), angles(-.35 * sin(q_), -1.5)};
  pose_.arms = {angles(-.35 * sin(q_), .1), angles(.35 * sin(q_), .1)};
}

Draw Director::thing_at(double x) const {
  if (phrase_.is("obj", "chair")) return [x, paint = color()](Brush& brush, const Joints&) { draw_chair_side(brush, {x, 0}, 1, paint); };
  if (phrase_.is("obj", "cart")) return [x, paint = color()](Brush& brush, const Joints&) { draw_cart(brush, x, 1.3, paint); };
  return [x, paint = color()](Brush& brush, const Joints&) { draw_box(brush, {x, .17}, .34, .34, paint); };
}

void Director::push() {
  set_phase(.7);
  walking_legs();
  both_arms(from_neck(.27, -.06));
  pose_.lean = .42;
  pose_.x = -.18;
  in_front(thing_at(.36 + .10));
}

void Director::pull() {
  set_phase(.7);
  walking_legs();
  pose_.arms = {angles(-.95, -.1), angles(-.85, -.1)};
  pose_.lean = .38;
  pose_.x = .2;
  behind(thing_at(-.42));
  in_front([](Brush& brush, const Joints& j) { brush.line(j.hand[1], {-.30, .2}, .014, {.35, .3, .25}); });
}

}  // namespace vifi::train::mini
