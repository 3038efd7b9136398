#include "mini/director.h"

#include <cmath>

#include "mini/limbs.h"
#include "mini/props.h"

namespace vifi::train::mini {

using std::abs;
using std::cos;
using std::sin;

// Balls and other things that fly.

void Director::kick() {
  set_phase(.6);
  const double c = fraction(ph_);
  double h = lerp(0, -.75, smooth(c / .3));
  if (c > .3) h = lerp(-.75, 1.25, smooth((c - .3) / .18));
  if (c > .48) h = lerp(1.25, 0, smooth((c - .48) / .4));
  pose_.legs = {angles(-.05, -.1), angles(h, -.1 - positive(-h))};
  pose_.arms = {angles(.6 * h + .2, .3), angles(-.6 * h - .1, .3)};
  pose_.lean = -.12 * h;
  pose_.x = -.1;
  const bool ball = phrase_.is("obj", "ball");
  const double g = c > .42 && c <= .92 ? (c - .42) / .58 : 0;
  const double flight = .9 * g - .9 * g * g;
  const Point at = ball ? Point{.22 + 1.9 * g, .085 + flight} : Point{.22 + 1.9 * g, .085 + .5 * flight};
  in_front([ball, at, paint = color()](Brush& brush, const Joints&) {
    ball ? draw_ball(brush, at, .085, paint) : draw_box(brush, at, .19, .17, paint);
  });
}

void Director::throwing() {
  set_phase(.6);
  const double c = fraction(ph_);
  double a = lerp(2.2, 3.9, smooth(c / .35));
  if (c > .35) a = lerp(3.9, 1.1, smooth((c - .35) / .2));
  if (c > .6) a = lerp(1.1, 2.2, smooth((c - .6) / .35));
  const bool ball = phrase_.is("obj", "ball");
  pose_.arms = {ball ? angles(lerp(1.5, .2, smooth(c / .5)), .2) : angles(a, .15), angles(a, .2)};
  pose_.legs = {angles(.3, -.1), angles(-.3, -.1)};
  pose_.lean = lerp(-.15, .3, smooth((c - .35) / .25));
  pose_.x = -.15;
  const bool held = c < .46 || c > .93;
  const double g = (c - .46) / .54;
  const Point flying{.35 + 1.8 * g, 1.02 + .35 * g - 1.1 * g * g};
  in_front([ball, held, flying, paint = color()](Brush& brush, const Joints& j) {
    const Point at = held ? (ball ? j.hand[1] : middle_of(j.hand)) + Point{.04, .04} : flying;
    ball ? draw_ball(brush, at, .07, paint) : draw_box(brush, at, .19, .17, paint);
  });
}

void Director::punch() {
  set_phase(.9);
  const double z = sin(q_);
  pose_.arms = {from_neck(lerp(.13, .35, positive(z)), -.02), from_neck(lerp(.13, .35, positive(-z)), -.02)};
  pose_.legs = {angles(.3, -.2), angles(-.25, -.1)};
  pose_.lean = .12;
  pose_.x = -.1;
  if (phrase_.is("bag", "1")) {
    behind([swing = .02 * abs(z), paint = color()](Brush& brush, const Joints&) { draw_bag(brush, swing + .06, paint); });
  }
}

void Director::lift_overhead() {
  set_phase(.6);
  pose_.frontal = true;
  const double c = cycle(ph_);
  both_arms(ends(lerp(.45, 2.6, c), .13, lerp(-.32, .34, c)));
  const double k = .35 * (1 - c);
  both_legs(angles(.1 + k, -1.4 * k));
  in_front([this_thing = std::string(phrase_.param("obj")), paint = color()](Brush& brush, const Joints& j) {
    const Point at = middle_of(j.hand);
    if (this_thing == "ball") draw_ball(brush, at, .11, paint);
    if (this_thing == "box") draw_box(brush, at, .24, .20, paint);
    if (this_thing == "barbell") draw_barbell(brush, at, paint);
    if (this_thing == "chair") draw_chair_side(brush, at - Point{0, .31}, .9, paint);
  });
}

void Director::pick_up() {
  const bool putting = phrase_.is("rev", "1");
  const double u = putting ? 1 - t_ / d_.duration_s : t_ / d_.duration_s;
  const double b = smooth((u - .1) / .4) - smooth((u - .5) / .4);
  both_legs(angles(.75 * b, -1.1 * b));
  pose_.lean = 1.25 * b;
  pose_.nod = -.2 * b;
  pose_.x = -.12;
  both_arms(u < .5 ? angles(lerp(.1, .35, b), .2) : angles(lerp(.95, .35, b), .35));
  in_front([held = u >= .5, thing = std::string(phrase_.param("obj")), paint = color()](Brush& brush, const Joints& j) {
    const Point hand = middle_of(j.hand);
    if (thing == "ball") draw_ball(brush, held ? hand + Point{.04, 0} : Point{.45, .085}, .085, paint);
    if (thing == "box") draw_box(brush, held ? hand + Point{.06, 0} : Point{.45, .10}, .20, .20, paint);
    if (thing == "chair") draw_chair_side(brush, held ? hand + Point{.08, -.31} : Point{.45, 0}, .8, paint);
    if (thing == "dumbbell") draw_dumbbell(brush, held ? hand : Point{.45, .045}, paint);
  });
}

void Director::bounce() {
  set_phase(1.1);
  const double c = abs(cos(kPi * ph_));
  pose_.legs = {angles(.1, -.12), angles(-.08, -.1)};
  pose_.arms = {angles(.1, .3), angles(.45 + .12 * c, .55 + .25 * c)};
  pose_.lean = .12;
  pose_.x = -.1;
  in_front([c, paint = color()](Brush& brush, const Joints&) { draw_ball(brush, {.25 + .1, .085 + .36 * c}, .085, paint); });
}

void Director::head_ball() {
  set_phase(.9);
  pose_.frontal = true;
  const double c = abs(sin(kPi * ph_)), b = positive(1 - 4 * c);
  both_legs(angles(.08 + .09 * (1 - b), -.12 * (1 - b)));
  both_arms(angles(.7, .5));
  in_front([c, paint = color()](Brush& brush, const Joints& j) { draw_ball(brush, j.head + Point{0, .155 + .30 * c}, .075, paint); });
}

}  // namespace vifi::train::mini
