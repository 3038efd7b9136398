#include "mini/director.h"

#include <algorithm>
#include <cmath>

#include "mini/limbs.h"
#include "mini/props.h"

namespace vifi::train::mini {

using std::abs;
using std::cos;
using std::sin;

// Arms, seen from the front.

void Director::waving() {
  face();
  arms([&](int arm) { pose_.arms[arm] = angles(2.15 + .15 * sin(q_), .45 + .75 * d_.amp * sin(q_)); });
}

void Director::circling() {
  face();
  arms([&](int arm) { pose_.arms[arm] = angles(d_.turn * q_, 0); });
}

void Director::dumbbell() {
  face();
  const double c = cycle(ph_);
  arms([&](int arm) {
    pose_.arms[arm] = ends(lerp(.6, 2.5, c), lerp(.20, .16, c), lerp(.02, .34, c));
    in_front([arm, color = color()](Brush& brush, const Joints& j) { draw_dumbbell(brush, j.hand[arm], color); });
  });
}

void Director::clapping() {
  face();
  const double c = d_.amp * abs(cos(kPi * ph_));
  both_arms(phrase_.is("over", "1") ? ends(2.5 - .35 * c, .015 + .2 * c, .33 - .07 * c) : ends(.75, .012 + .15 * c, -.10 - .02 * c));
}

void Director::drinking() {
  face();
  const double s = smooth(1.6 * cycle(ph_) - .1);
  pose_.arms[d_.arm] = ends(lerp(.35, .85, s), lerp(.12, .035, s), lerp(-.16, .05, s));
  in_front([arm = d_.arm, s, color = color()](Brush& brush, const Joints& j) {
    draw_cup(brush, j.hand[arm], (arm == 0 ? .9 : -.9) * s, color);
  });
}

void Director::reading() {
  face();
  both_arms(ends(.3, .085, -.13 + .01 * sin(kPi * ph_)));
  in_front([page = fraction(.4 * ph_), y = -.13 + .01 * sin(kPi * ph_), color = color()](Brush& brush, const Joints& j) {
    draw_book(brush, j.neck + Point{0, y + .03}, std::min(1.0, 2 * page), color);
  });
}

void Director::phone() {
  face();
  pose_.arms[d_.arm] = ends(.75, .09, .085);
  pose_.arms[1 - d_.arm] = ends(.35, .16 + .04 * sin(q_), -.16 + .06 * cycle(ph_));
  in_front([arm = d_.arm](Brush& brush, const Joints& j) { draw_phone(brush, j.hand[arm]); });
}

void Director::guitar() {
  face();
  pose_.arms = {ends(.5, .24 + .03 * sin(.37 * q_), -.10), ends(.55, .07, -.19 + .05 * d_.amp * sin(2 * q_))};
  pose_.front.insert(pose_.front.begin(), [color = color()](Brush& brush, const Joints& j) { draw_guitar(brush, j.neck, color); });
  arms_over_props_ = true;
  in_front([](Brush& brush, const Joints& j) {
    for (const Point hand : j.hand) brush.disc(hand, .030, {.85, .66, .5});
  });
}

void Director::drum() {
  face();
  const double a = positive(sin(q_)), b = positive(-sin(q_));
  pose_.arms = {ends(.45, .17, -.18 + .12 * a), ends(.45, .17, -.18 + .12 * b)};
  in_front([color = color()](Brush& brush, const Joints& j) {
    draw_drum(brush, j.neck + Point{0, -.36}, color);
    for (int arm = 0; arm < 2; ++arm) {
      const double inward = arm == 0 ? -1 : 1;
      brush.line(j.hand[arm], j.hand[arm] + Point{inward * .10, -.12}, .014, {.5, .34, .18});
    }
  });
}

void Director::flag() {
  face();
  const double g = .55 * d_.amp * sin(q_);
  pose_.arms[d_.arm] = angles(2.3 + .5 * g, .3 + .3 * g);
  const double side = d_.arm == 0 ? 1 : -1;
  in_front([arm = d_.arm, angle = -side * g, side, wave = sin(q_ + 1), color = color()](Brush& brush, const Joints& j) {
    draw_flag(brush, j.hand[arm], angle, .45, side, wave, color);
  });
}

void Director::hold_umbrella() {
  face();
  pose_.arms[d_.arm] = ends(.6, .13, -.02 + .01 * sin(q_));
  behind([arm = d_.arm, tilt = .08 * sin(q_ / 2), color = color()](Brush& brush, const Joints& j) {
    draw_umbrella(brush, j.hand[arm], tilt, color);
  });
}

void Director::open_umbrella() {
  face();
  const double s = late_phase();
  pose_.arms[d_.arm] = ends(.6, .13, -.03);
  in_front([arm = d_.arm, s, color = color()](Brush& brush, const Joints& j) {
    draw_umbrella(brush, j.hand[arm], 0, color, lerp(.03, .30, s), lerp(.30, .16, s));
  });
}

void Director::juggle() {
  set_phase(.8);
  face();
  for (int arm = 0; arm < 2; ++arm) {
    pose_.arms[arm] = ends(.35, .15 + .02 * sin(q_), -.17 + (arm == 0 ? .04 : -.04) * sin(2 * q_));
  }
  in_front([ph = ph_, props = d_.props](Brush& brush, const Joints& j) {
    for (int i = 0; i < 3; ++i) {
      const double a = 2 * kPi * (.8 * ph + i / 3.0);
      const double y = sin(a) > 0 ? .08 + .26 * sin(a) : .08 - .088 * abs(sin(a));
      draw_ball(brush, j.neck + Point{.15 * cos(a), y}, .035, props[static_cast<std::size_t>(i)]);
    }
  });
}

void Director::raising() {
  face();
  const double s = late_phase();
  arms([&](int arm) { pose_.arms[arm] = angles(lerp(.16, 2.9, s), .05); });
}

}  // namespace vifi::train::mini
