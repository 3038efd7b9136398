#include "mini/director.h"

#include <cmath>

#include "mini/limbs.h"
#include "mini/props.h"

namespace vifi::train::mini {

using std::cos;
using std::sin;

// Work.

void Director::sweep() {
  set_phase(.7);
  const double z = sin(q_);
  pose_.legs = {angles(.15, -.12), angles(-.12, -.05)};
  pose_.lean = .28;
  pose_.arms = {from_neck(.17 + .03 * z, -.08), from_neck(.15 + .08 * z, -.24)};
  pose_.x = -.15;
  in_front([x = .40 + .20 * d_.amp * z, paint = color()](Brush& brush, const Joints& j) {
    draw_broom(brush, j.hand[0], j.hand[1], {x + .15, 0}, paint);
  });
}

void Director::dig() {
  set_phase(.5);
  const double c = cycle(ph_);
  pose_.legs = {angles(.25, -.3), angles(-.2, -.15)};
  pose_.lean = lerp(.25, .85, c);
  pose_.arms = {from_neck(.10, -.2), from_neck(.26, lerp(-.12, -.26, c))};
  pose_.x = -.18;
  behind([](Brush& brush, const Joints&) { draw_heap(brush, .5 + .18, {.40, .28, .17}); });
  in_front([paint = color()](Brush& brush, const Joints& j) { draw_shovel(brush, j.hand[0], j.hand[1], paint); });
}

void Director::swing_bat() {
  set_phase(.6);
  const double c = fraction(ph_);
  double th = lerp(2.6, -.2, smooth((c - .25) / .25));
  if (c >= .6) th = lerp(-.2, 2.6, smooth((c - .65) / .3));
  both_arms(from_neck(.16 * cos(.6 * th), -.05 + .1 * sin(.6 * th)));
  pose_.legs = {angles(.3, -.12), angles(-.25, -.12)};
  in_front([th, paint = color()](Brush& brush, const Joints& j) { draw_bat(brush, middle_of(j.hand), th, paint); });
}

void Director::swing_hammer() {
  set_phase(.9);
  const double c = cycle(ph_);
  pose_.arms = {angles(.7, .6), angles(lerp(1.0, 2.7, c), .3)};
  pose_.lean = .15;
  pose_.x = -.15;
  behind([paint = color(1)](Brush& brush, const Joints&) { draw_block(brush, .30 + .15, paint); });
  in_front([angle = lerp(-.1, 1.5, c), paint = color()](Brush& brush, const Joints& j) {
    draw_hammer(brush, j.hand[1], angle, paint);
  });
}

// Chairs and floors.

void Director::sit_down() {
  double s = smooth((t_ / d_.duration_s - .25) / .5);
  if (phrase_.is("rev", "1")) s = 1 - s;
  pose_.hip_y = lerp(.50, .36, s);
  pose_.hip_x = lerp(.04, -.19, s);
  pose_.legs = {on_ground(.06, .02), on_ground(.09, .02)};
  pose_.lean = .1 + .6 * sin(kPi * s);
  both_arms(angles(.3 + .4 * s, .3));
  behind([paint = color()](Brush& brush, const Joints&) { draw_chair_side(brush, {-.22, 0}, 1, paint); });
}

void Director::lie() {
  pose_.rot = -kPi / 2;
  const double sway = .02 * sin(q_ * .3);
  pose_.legs = {angles(.04 + sway, -.05), angles(.02, -.03)};
  pose_.arms = {angles(.10 + sway, .05), angles(.06, .05)};
}

}  // namespace vifi::train::mini
