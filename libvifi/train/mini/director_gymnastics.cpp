#include "mini/director.h"

#include <cmath>

#include "mini/limbs.h"
#include "mini/props.h"

namespace vifi::train::mini {

using std::abs;
using std::cos;
using std::sin;

// Gymnastics.

Limb Director::named_arm() const {
  if (phrase_.is("a", "up")) return angles(2.85, .1);
  return phrase_.is("a", "wide") ? angles(1.57, 0) : angles(.14, .05);
}

void Director::jump() {
  set_phase(.8);
  pose_.frontal = true;
  const double c = sin(q_);
  pose_.lift = .26 * d_.amp * positive(c);
  const double k = .4 * positive(-c);
  both_legs(angles(.05 + k, -1.7 * k));
  both_arms(named_arm());
}

void Director::squat() {
  set_phase(.5);
  pose_.frontal = true;
  const double k = d_.amp * cycle(ph_);
  both_legs(angles(.12 + .95 * k, -1.9 * k));
  both_arms(named_arm());
  if (!phrase_.is("a", "bar")) return;
  both_arms(ends(.75, .2, 0));
  in_front([paint = color()](Brush& brush, const Joints& j) { draw_barbell(brush, j.neck, paint); });
}

void Director::march() {
  set_phase(.8);
  pose_.frontal = true;
  for (int leg = 0; leg < 2; ++leg) {
    const double c = positive(leg == 0 ? sin(q_) : -sin(q_));
    pose_.legs[leg] = angles(.06 + .05 * c, 0, 1 - .75 * c);
  }
  both_arms(named_arm());
}

void Director::climb() {
  const bool down = phrase_.is("rev", "1");
  const double u = down ? 1 - t_ / d_.duration_s : t_ / d_.duration_s;
  const double c = .5 + .5 * sin(2 * kPi * (.6 * d_.rate * u * d_.duration_s + d_.ph0));
  pose_.frontal = pose_.back_view = true;
  if (phrase_.is("obj", "ladder")) {
    pose_.hip_y = .49 + .30 * u;
    pose_.arms = {ends(lerp(1.6, 2.3, c), .10, lerp(.02, .22, c)), ends(lerp(2.3, 1.6, c), .10, lerp(.22, .02, c))};
    pose_.legs = {angles(.12, -.08, lerp(1, .45, 1 - c)), angles(.12, -.08, lerp(1, .45, c))};
    behind([paint = color()](Brush& brush, const Joints&) { draw_ladder(brush, paint); });
  } else {
    pose_.hip_y = .52 + .30 * u;
    pose_.arms = {ends(2.2, -.01, lerp(.18, .30, c)), ends(2.2, -.01, lerp(.30, .18, c))};
    const double k = .55 * c;
    both_legs(angles(.15 + k, -.15 - 1.9 * k, 1, .9));
    behind([paint = color(), sway = c](Brush& brush, const Joints&) { draw_rope(brush, sway, paint); });
  }
}

void Director::stairs() {
  set_phase(.6);
  const bool up = phrase_.is("up", "1");
  for (int leg = 0; leg < 2; ++leg) {
    const double a = q_ + leg * kPi;
    pose_.legs[leg] = angles((up ? .35 : .15) + .45 * sin(a), -(.2 + .6 * positive(cos(a))));
  }
  pose_.arms = {angles(-.4 * sin(q_), .25), angles(.4 * sin(q_), .25)};
  pose_.lean = up ? .12 : -.12;
  behind([up, shift = fraction(2 * ph_), paint = color()](Brush& brush, const Joints&) {
    draw_stairs(brush, up ? 1 : -1, shift, paint);
  });
}

void Director::jumping_jacks() {
  set_phase(.9);
  pose_.frontal = true;
  const double c = cycle(ph_);
  both_arms(angles(lerp(.15, 2.85, c), .05));
  both_legs(angles(lerp(.04, .45, c), 0));
  pose_.lift = .08 * abs(sin(q_));
}

void Director::push_ups() {
  set_phase(.6);
  pose_.rot = lerp(1.22, 1.46, cycle(ph_));
  pose_.nod = -.3;
  both_legs(angles(0, 0));
  // The hands stand on the floor below the shoulders, which are a torso ahead of the hip.
  pose_.arms = {on_ground(.30, .02), on_ground(.33, .02)};
  pose_.x = -.02;
}

void Director::sit_ups() {
  set_phase(.5);
  pose_.lean = lerp(-1.45, -.15, cycle(ph_));
  pose_.hip_y = .07;
  pose_.legs = {on_ground(.38, .02), on_ground(.36, .02)};
  const double c = cos(pose_.lean), s = sin(pose_.lean);
  both_arms(from_neck(.1 * (c + s), .1 * (c - s), 1));
}

void Director::skip_rope() {
  pose_.frontal = true;
  pose_.lift = .12 * positive(-cos(q_));
  both_arms(angles(.55, .5));
  both_legs(angles(.03, 0));
  const Draw rope = [q = q_, paint = color()](Brush& brush, const Joints& j) {
    const Point middle = j.hip + Point{0, .02 + .74 * cos(q)};
    // A Bezier whose middle lies there: its control points reach further.
    const Point reach = (4.0 / 3) * (middle - .5 * (j.hand[0] + j.hand[1]));
    brush.curve(j.hand[0], j.hand[0] + Point{.12, 0} + reach, j.hand[1] + Point{-.12, 0} + reach, j.hand[1], .018, paint);
  };
  (sin(q_) > 0 ? pose_.front : pose_.behind).push_back(rope);
}

void Director::hula_hoop() {
  set_phase(.9);
  pose_.frontal = true;
  pose_.hip_x = .035 * sin(q_);
  pose_.lean = -.1 * sin(q_);
  both_arms(angles(1.75, .5));
  both_legs(angles(.12, -.02));
  in_front([q = q_, paint = color()](Brush& brush, const Joints& j) {
    brush.ellipse_line(j.hip + Point{.05 * cos(q), .05}, .27, .075, .0375 * sin(q), .022, paint);
  });
}

void Director::bow() {
  set_phase(.5);
  const double c = cycle(ph_);
  pose_.lean = 1.3 * c;
  both_arms(angles(.1 + .3 * c, .1));
}

void Director::cartwheel() {
  set_phase(.6);
  pose_.frontal = true;
  pose_.rot = d_.turn * q_;
  both_legs(angles(.5, 0));
  both_arms(angles(2.6, 0));
}

void Director::handstand() {
  set_phase(.6);
  pose_.frontal = true;
  pose_.rot = kPi + .04 * sin(q_);
  pose_.legs = {angles(.25 + .2 * sin(q_), -.1), angles(.25 - .2 * sin(q_), -.1)};
  both_arms(angles(2.75, .05));
}

void Director::dance() {
  set_phase(.8);
  pose_.frontal = true;
  pose_.hip_x = .05 * sin(q_);
  pose_.lean = -.15 * sin(q_);
  pose_.legs = {angles(.12 + .12 * sin(q_), -.15 - .1 * sin(q_)), angles(.12 - .12 * sin(q_), -.15 + .1 * sin(q_))};
  pose_.arms = {angles(1.5 + .9 * sin(q_), .6 + .4 * cos(q_)), angles(1.5 - .9 * sin(q_), .6 - .4 * cos(q_))};
  pose_.lift = .03 * abs(sin(q_));
}

}  // namespace vifi::train::mini
