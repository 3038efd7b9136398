#include "mini/action.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "mini/props.h"

namespace vifi::train::mini {
namespace {

using std::abs;
using std::cos;
using std::sin;

constexpr double kPi = std::numbers::pi;

double positive(double x) { return std::max(0.0, x); }
double fraction(double x) { return x - std::floor(x); }

Limb angles(double a, double b, double upper_scale = 1, double lower_scale = 1) {
  Limb limb;
  limb.a = a;
  limb.b = b;
  limb.upper_scale = upper_scale;
  limb.lower_scale = lower_scale;
  return limb;
}

Limb ends(double a, double x, double y) {
  Limb limb;
  limb.kind = Limb::Kind::ends;
  limb.a = a;
  limb.x = x;
  limb.y = y;
  return limb;
}

Limb from_neck(double x, double y, double bend = -1) {
  Limb limb;
  limb.kind = Limb::Kind::from_neck;
  limb.x = x;
  limb.y = y;
  limb.bend = bend;
  return limb;
}

Limb on_ground(double x, double y) {
  Limb limb;
  limb.kind = Limb::Kind::from_ground;
  limb.x = x;
  limb.y = y;
  return limb;
}

const Limb kRestArm = angles(.16, .08);
const Limb kStandingLeg = angles(.05, 0);

Point middle_of(const std::array<Point, 2>& points) { return .5 * (points[0] + points[1]); }

/// Makes the pose of one moment.
class Director {
 public:
  Director(const Phrase& phrase, const ActionDraws& draws, double t) : phrase_(phrase), d_(draws), t_(t) {
    pose_.arms = {kRestArm, kRestArm};
    pose_.legs = {kStandingLeg, kStandingLeg};
    set_phase(1);
  }

  Pose run() {
    using Family = void (Director::*)();
    static const std::map<std::string, Family, std::less<>> families{
        {"waving", &Director::waving},     {"circling", &Director::circling},   {"dumbbell", &Director::dumbbell},
        {"clapping", &Director::clapping}, {"drinking", &Director::drinking},   {"reading", &Director::reading},
        {"phone", &Director::phone},       {"guitar", &Director::guitar},       {"drum", &Director::drum},
        {"flag", &Director::flag},         {"holdumb", &Director::hold_umbrella}, {"juggle", &Director::juggle},
        {"raising", &Director::raising},   {"loco", &Director::locomotion},     {"bike", &Director::bicycle},
        {"crawl", &Director::crawl},       {"push", &Director::push},           {"pull", &Director::pull},
        {"kick", &Director::kick},         {"throw", &Director::throwing},      {"punch", &Director::punch},
        {"liftover", &Director::lift_overhead}, {"pickup", &Director::pick_up}, {"bounce", &Director::bounce},
        {"headball", &Director::head_ball}, {"jumparms", &Director::jump},      {"squatarms", &Director::squat},
        {"march", &Director::march},       {"climb", &Director::climb},         {"stairs", &Director::stairs},
        {"jacks", &Director::jumping_jacks}, {"pushups", &Director::push_ups},  {"situps", &Director::sit_ups},
        {"skiprope", &Director::skip_rope}, {"hula", &Director::hula_hoop},     {"bow", &Director::bow},
        {"cartwheel", &Director::cartwheel}, {"handstand", &Director::handstand}, {"sweep", &Director::sweep},
        {"dig", &Director::dig},           {"bat", &Director::swing_bat},       {"hammer", &Director::swing_hammer},
        {"dance", &Director::dance},       {"lying", &Director::lie},           {"openumb", &Director::open_umbrella},
        {"sitdown", &Director::sit_down}};
    (this->*families.at(phrase_.family))();
    return pose_;
  }

 private:
  void set_phase(double factor) {
    ph_ = factor * d_.rate * t_ + d_.ph0;
    q_ = 2 * kPi * ph_;
  }

  /// Frontal standing, sitting or kneeling, swaying a little.
  void face() {
    pose_.frontal = true;
    pose_.lean += .03 * sin(2 * kPi * (.3 * t_ + d_.ph0));
    if (phrase_.is("post", "sit")) {
      pose_.legs = {angles(.16, -.12, .38), angles(.16, -.12, .38)};
      pose_.behind.push_back([color = d_.props[2]](Brush& brush, const Joints&) { draw_chair_front(brush, color); });
    } else if (phrase_.is("post", "kneel")) {
      pose_.legs = {angles(.12, 0, 1, .14), angles(.12, 0, 1, .14)};
    }
  }

  /// The phrase's arms: one of them, or both.
  template <typename Set>
  void arms(Set set) {
    for (int arm = 0; arm < 2; ++arm) {
      if (phrase_.is("x", "both") || phrase_.is("x", arm == 0 ? "left" : "right")) set(arm);
    }
  }

  void both_arms(const Limb& limb) { pose_.arms = {limb, limb}; }
  void both_legs(const Limb& limb) { pose_.legs = {limb, limb}; }
  void in_front(Draw draw) { pose_.front.push_back(std::move(draw)); }
  void behind(Draw draw) { pose_.behind.push_back(std::move(draw)); }
  Color color(std::size_t i = 0) const { return d_.props[i]; }

  // Arms, seen from the front.

  void waving() {
    face();
    arms([&](int arm) { pose_.arms[arm] = angles(2.15 + .15 * sin(q_), .45 + .75 * d_.amp * sin(q_)); });
  }

  void circling() {
    face();
    arms([&](int arm) { pose_.arms[arm] = angles(d_.turn * q_, 0); });
  }

  void dumbbell() {
    face();
    const double c = cycle(ph_);
    arms([&](int arm) {
      pose_.arms[arm] = ends(lerp(.6, 2.5, c), lerp(.20, .16, c), lerp(.02, .34, c));
      in_front([arm, color = color()](Brush& brush, const Joints& j) { draw_dumbbell(brush, j.hand[arm], color); });
    });
  }

  void clapping() {
    face();
    const double c = d_.amp * abs(cos(kPi * ph_));
    both_arms(phrase_.is("over", "1") ? ends(2.5 - .35 * c, .015 + .2 * c, .33 - .07 * c) : ends(.75, .012 + .15 * c, -.10 - .02 * c));
  }

  void drinking() {
    face();
    const double s = smooth(1.6 * cycle(ph_) - .1);
    pose_.arms[d_.arm] = ends(lerp(.35, .85, s), lerp(.12, .035, s), lerp(-.16, .05, s));
    in_front([arm = d_.arm, s, color = color()](Brush& brush, const Joints& j) {
      draw_cup(brush, j.hand[arm], (arm == 0 ? .9 : -.9) * s, color);
    });
  }

  void reading() {
    face();
    both_arms(ends(.3, .085, -.13 + .01 * sin(kPi * ph_)));
    in_front([page = fraction(.4 * ph_), y = -.13 + .01 * sin(kPi * ph_), color = color()](Brush& brush, const Joints& j) {
      draw_book(brush, j.neck + Point{0, y + .03}, std::min(1.0, 2 * page), color);
    });
  }

  void phone() {
    face();
    pose_.arms[d_.arm] = ends(.75, .09, .085);
    pose_.arms[1 - d_.arm] = ends(.35, .16 + .04 * sin(q_), -.16 + .06 * cycle(ph_));
    in_front([arm = d_.arm](Brush& brush, const Joints& j) { draw_phone(brush, j.hand[arm]); });
  }

  void guitar() {
    face();
    pose_.arms = {ends(.5, .24 + .03 * sin(.37 * q_), -.10), ends(.55, .07, -.19 + .05 * d_.amp * sin(2 * q_))};
    pose_.front.insert(pose_.front.begin(), [color = color()](Brush& brush, const Joints& j) { draw_guitar(brush, j.neck, color); });
    arms_over_props_ = true;
    in_front([](Brush& brush, const Joints& j) {
      for (const Point hand : j.hand) brush.disc(hand, .030, {.85, .66, .5});
    });
  }

  void drum() {
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

  void flag() {
    face();
    const double g = .55 * d_.amp * sin(q_);
    pose_.arms[d_.arm] = angles(2.3 + .5 * g, .3 + .3 * g);
    const double side = d_.arm == 0 ? 1 : -1;
    in_front([arm = d_.arm, angle = -side * g, side, wave = sin(q_ + 1), color = color()](Brush& brush, const Joints& j) {
      draw_flag(brush, j.hand[arm], angle, .45, side, wave, color);
    });
  }

  void hold_umbrella() {
    face();
    pose_.arms[d_.arm] = ends(.6, .13, -.02 + .01 * sin(q_));
    behind([arm = d_.arm, tilt = .08 * sin(q_ / 2), color = color()](Brush& brush, const Joints& j) {
      draw_umbrella(brush, j.hand[arm], tilt, color);
    });
  }

  void open_umbrella() {
    face();
    const double s = late_phase();
    pose_.arms[d_.arm] = ends(.6, .13, -.03);
    in_front([arm = d_.arm, s, color = color()](Brush& brush, const Joints& j) {
      draw_umbrella(brush, j.hand[arm], 0, color, lerp(.03, .30, s), lerp(.30, .16, s));
    });
  }

  void juggle() {
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

  void raising() {
    face();
    const double s = late_phase();
    arms([&](int arm) { pose_.arms[arm] = angles(lerp(.16, 2.9, s), .05); });
  }

  /// 0 at the beginning, 1 at the end; the other way round for reversed phrases.
  double late_phase() const {
    const double s = smooth((t_ / d_.duration_s - .3) / .4);
    return phrase_.is("rev", "1") ? 1 - s : s;
  }

  // Locomotion, seen from the side.

  void walking_legs(double speed) {
    (void)speed;
    for (int leg = 0; leg < 2; ++leg) {
      const double a = q_ + leg * kPi;
      pose_.legs[leg] = angles(.5 * sin(a), -(.08 + .62 * positive(cos(a))));
    }
  }

  void locomotion() {
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
      walking_legs(1);
      for (int i = 0; i < 2; ++i) pose_.arms[i] = angles(-.5 * sin(q_ + i * kPi), .25);
      pose_.lean = .05;
    }
    carry();
  }

  void carry() {
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

  void bicycle() {
    pose_.lean = .45;
    pose_.hip_y = .60;
    pose_.hip_x = -.10;
    const Point way{.075 * cos(-q_), .075 * sin(-q_)};
    pose_.legs = {on_ground(.02 + way.x, .19 + way.y), on_ground(.02 - way.x, .19 - way.y)};
    both_arms(on_ground(.27, .60));
    behind([q = q_, paint = color(1)](Brush& brush, const Joints&) { draw_bicycle(brush, -1.7 * q, -q, paint); });
    carry();
  }

  void crawl() {
    set_phase(.8);
    pose_.lean = 1.22;
    pose_.nod = -.5;
    pose_.legs = {angles(.35 * sin(q_), -1.5), angles(-.35 * sin(q_), -1.5)};
    pose_.arms = {angles(-.35 * sin(q_), .1), angles(.35 * sin(q_), .1)};
  }

  /// What is pushed or pulled.
  Draw thing_at(double x) const {
    if (phrase_.is("obj", "chair")) return [x, paint = color()](Brush& brush, const Joints&) { draw_chair_side(brush, {x, 0}, 1, paint); };
    if (phrase_.is("obj", "cart")) return [x, paint = color()](Brush& brush, const Joints&) { draw_cart(brush, x, 1.3, paint); };
    return [x, paint = color()](Brush& brush, const Joints&) { draw_box(brush, {x, .17}, .34, .34, paint); };
  }

  void push() {
    set_phase(.7);
    walking_legs(.4);
    both_arms(from_neck(.27, -.06));
    pose_.lean = .42;
    pose_.x = -.18;
    in_front(thing_at(.36 + .10));
  }

  void pull() {
    set_phase(.7);
    walking_legs(.4);
    pose_.arms = {angles(-.95, -.1), angles(-.85, -.1)};
    pose_.lean = .38;
    pose_.x = .2;
    behind(thing_at(-.42));
    in_front([](Brush& brush, const Joints& j) { brush.line(j.hand[1], {-.30, .2}, .014, {.35, .3, .25}); });
  }

  // Balls and other things that fly.

  void kick() {
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

  void throwing() {
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

  void punch() {
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

  void lift_overhead() {
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

  void pick_up() {
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

  void bounce() {
    set_phase(1.1);
    const double c = abs(cos(kPi * ph_));
    pose_.legs = {angles(.1, -.12), angles(-.08, -.1)};
    pose_.arms = {angles(.1, .3), angles(.45 + .12 * c, .55 + .25 * c)};
    pose_.lean = .12;
    pose_.x = -.1;
    in_front([c, paint = color()](Brush& brush, const Joints&) { draw_ball(brush, {.25 + .1, .085 + .36 * c}, .085, paint); });
  }

  void head_ball() {
    set_phase(.9);
    pose_.frontal = true;
    const double c = abs(sin(kPi * ph_)), b = positive(1 - 4 * c);
    both_legs(angles(.08 + .09 * (1 - b), -.12 * (1 - b)));
    both_arms(angles(.7, .5));
    in_front([c, paint = color()](Brush& brush, const Joints& j) { draw_ball(brush, j.head + Point{0, .155 + .30 * c}, .075, paint); });
  }

  // Gymnastics.

  Limb named_arm() const {
    if (phrase_.is("a", "up")) return angles(2.85, .1);
    return phrase_.is("a", "wide") ? angles(1.57, 0) : angles(.14, .05);
  }

  void jump() {
    set_phase(.8);
    pose_.frontal = true;
    const double c = sin(q_);
    pose_.lift = .26 * d_.amp * positive(c);
    const double k = .4 * positive(-c);
    both_legs(angles(.05 + k, -1.7 * k));
    both_arms(named_arm());
  }

  void squat() {
    set_phase(.5);
    pose_.frontal = true;
    const double k = d_.amp * cycle(ph_);
    both_legs(angles(.12 + .95 * k, -1.9 * k));
    both_arms(named_arm());
    if (!phrase_.is("a", "bar")) return;
    both_arms(ends(.75, .2, 0));
    in_front([paint = color()](Brush& brush, const Joints& j) { draw_barbell(brush, j.neck, paint); });
  }

  void march() {
    set_phase(.8);
    pose_.frontal = true;
    for (int leg = 0; leg < 2; ++leg) {
      const double c = positive(leg == 0 ? sin(q_) : -sin(q_));
      pose_.legs[leg] = angles(.06 + .05 * c, 0, 1 - .75 * c);
    }
    both_arms(named_arm());
  }

  void climb() {
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

  void stairs() {
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

  void jumping_jacks() {
    set_phase(.9);
    pose_.frontal = true;
    const double c = cycle(ph_);
    both_arms(angles(lerp(.15, 2.85, c), .05));
    both_legs(angles(lerp(.04, .45, c), 0));
    pose_.lift = .08 * abs(sin(q_));
  }

  void push_ups() {
    set_phase(.6);
    pose_.rot = lerp(1.22, 1.46, cycle(ph_));
    pose_.nod = -.3;
    both_legs(angles(0, 0));
    // The hands stand on the floor below the shoulders, which are a torso ahead of the hip.
    pose_.arms = {on_ground(.30, .02), on_ground(.33, .02)};
    pose_.x = -.02;
  }

  void sit_ups() {
    set_phase(.5);
    pose_.lean = lerp(-1.45, -.15, cycle(ph_));
    pose_.hip_y = .07;
    pose_.legs = {on_ground(.38, .02), on_ground(.36, .02)};
    const double c = cos(pose_.lean), s = sin(pose_.lean);
    both_arms(from_neck(.1 * (c + s), .1 * (c - s), 1));
  }

  void skip_rope() {
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

  void hula_hoop() {
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

  void bow() {
    set_phase(.5);
    const double c = cycle(ph_);
    pose_.lean = 1.3 * c;
    both_arms(angles(.1 + .3 * c, .1));
  }

  void cartwheel() {
    set_phase(.6);
    pose_.frontal = true;
    pose_.rot = d_.turn * q_;
    both_legs(angles(.5, 0));
    both_arms(angles(2.6, 0));
  }

  void handstand() {
    set_phase(.6);
    pose_.frontal = true;
    pose_.rot = kPi + .04 * sin(q_);
    pose_.legs = {angles(.25 + .2 * sin(q_), -.1), angles(.25 - .2 * sin(q_), -.1)};
    both_arms(angles(2.75, .05));
  }

  void dance() {
    set_phase(.8);
    pose_.frontal = true;
    pose_.hip_x = .05 * sin(q_);
    pose_.lean = -.15 * sin(q_);
    pose_.legs = {angles(.12 + .12 * sin(q_), -.15 - .1 * sin(q_)), angles(.12 - .12 * sin(q_), -.15 + .1 * sin(q_))};
    pose_.arms = {angles(1.5 + .9 * sin(q_), .6 + .4 * cos(q_)), angles(1.5 - .9 * sin(q_), .6 - .4 * cos(q_))};
    pose_.lift = .03 * abs(sin(q_));
  }

  // Work.

  void sweep() {
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

  void dig() {
    set_phase(.5);
    const double c = cycle(ph_);
    pose_.legs = {angles(.25, -.3), angles(-.2, -.15)};
    pose_.lean = lerp(.25, .85, c);
    pose_.arms = {from_neck(.10, -.2), from_neck(.26, lerp(-.12, -.26, c))};
    pose_.x = -.18;
    behind([](Brush& brush, const Joints&) { draw_heap(brush, .5 + .18, {.40, .28, .17}); });
    in_front([paint = color()](Brush& brush, const Joints& j) { draw_shovel(brush, j.hand[0], j.hand[1], paint); });
  }

  void swing_bat() {
    set_phase(.6);
    const double c = fraction(ph_);
    double th = lerp(2.6, -.2, smooth((c - .25) / .25));
    if (c >= .6) th = lerp(-.2, 2.6, smooth((c - .65) / .3));
    both_arms(from_neck(.16 * cos(.6 * th), -.05 + .1 * sin(.6 * th)));
    pose_.legs = {angles(.3, -.12), angles(-.25, -.12)};
    in_front([th, paint = color()](Brush& brush, const Joints& j) { draw_bat(brush, middle_of(j.hand), th, paint); });
  }

  void swing_hammer() {
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

  void sit_down() {
    double s = smooth((t_ / d_.duration_s - .25) / .5);
    if (phrase_.is("rev", "1")) s = 1 - s;
    pose_.hip_y = lerp(.50, .36, s);
    pose_.hip_x = lerp(.04, -.19, s);
    pose_.legs = {on_ground(.06, .02), on_ground(.09, .02)};
    pose_.lean = .1 + .6 * sin(kPi * s);
    both_arms(angles(.3 + .4 * s, .3));
    behind([paint = color()](Brush& brush, const Joints&) { draw_chair_side(brush, {-.22, 0}, 1, paint); });
  }

  void lie() {
    pose_.rot = -kPi / 2;
    const double sway = .02 * sin(q_ * .3);
    pose_.legs = {angles(.04 + sway, -.05), angles(.02, -.03)};
    pose_.arms = {angles(.10 + sway, .05), angles(.06, .05)};
  }

  const Phrase& phrase_;
  const ActionDraws& d_;
  double t_;
  double ph_ = 0, q_ = 0;
  bool arms_over_props_ = false;
  Pose pose_;
};

Pose idle_pose(const ActionDraws& draws, double t) {
  Pose pose;
  const double q = 2 * kPi * (.15 * draws.rate * t + draws.ph0);
  pose.frontal = draws.idle_frontal;
  pose.legs = {kStandingLeg, kStandingLeg};
  if (pose.frontal) {
    pose.hip_x = .025 * sin(q);
    pose.lean = -.03 * sin(q);
    pose.arms = {angles(.16 + .05 * sin(q), .08), angles(.16 - .05 * sin(q), .08)};
  } else {
    pose.lean = .03 * sin(q);
    pose.nod = .1 * sin(1.7 * q);
    pose.arms = {kRestArm, kRestArm};
  }
  return pose;
}

bool is_one_of(const std::string& text, std::initializer_list<const char*> list) {
  return std::any_of(list.begin(), list.end(), [&](const char* one) { return text == one; });
}

double draw_height(const Phrase* phrase, Random& random) {
  if (phrase == nullptr) return random.uniform(.62, .78);
  const std::string& family = phrase->family;
  if (family == "climb") return random.uniform(.54, .62);
  if (is_one_of(family, {"liftover", "headball", "juggle", "holdumb", "openumb", "flag", "loco", "bike", "crawl", "push", "pull",
                         "skiprope", "cartwheel"})) {
    return random.uniform(.55, .68);
  }
  if (is_one_of(family, {"pushups", "situps", "lying"})) return random.uniform(.66, .80);
  return random.uniform(.62, .78);
}

}  // namespace

Color varied(Color color, double spread, Random& random) {
  const auto channel = [&](double value) { return std::clamp(value + random.uniform(-spread, spread), 0.0, 1.0); };
  const double r = channel(color.r), g = channel(color.g), b = channel(color.b);
  return {r, g, b};
}

ActionDraws draw_action(const Phrase* phrase, double duration_s, Random& random) {
  ActionDraws draws;
  draws.rate = random.uniform(.75, 1.35);
  draws.ph0 = random.uniform();
  draws.amp = random.uniform(.85, 1.15);
  draws.duration_s = duration_s;
  draws.arm = static_cast<int>(random.below(2));
  draws.turn = random.chance(.5) ? 1 : -1;
  draws.height = draw_height(phrase, random);
  draws.facing = random.chance(.5) ? 1 : -1;
  draws.max_distance = random.uniform(0, .34);
  draws.idle_frontal = random.chance(.5);
  for (Color& color : draws.props) {
    color = varied(kColors[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(kColors.size())))].color, .07, random);
  }
  if (phrase == nullptr) {
    if (draws.idle_frontal) draws.facing = 1;
  } else if (phrase->facing == Facing::left) {
    draws.facing = -1;
  } else if (phrase->facing != Facing::random) {
    draws.facing = 1;
  }
  return draws;
}

Pose pose_of(const Phrase* phrase, const ActionDraws& draws, double t) {
  return phrase == nullptr ? idle_pose(draws, t) : Director(*phrase, draws, t).run();
}

double speed_of(const Phrase* phrase, const ActionDraws& draws) {
  if (phrase == nullptr) return 0;
  const std::string& family = phrase->family;
  double speed = 0;
  if (family == "loco") speed = phrase->is("kind", "run") ? 1.2 : phrase->is("kind", "hop") ? .5 : .55;
  if (family == "bike") speed = 1.0;
  if (family == "crawl") speed = .35;
  if (family == "push" || family == "pull") speed = .4;
  return speed * draws.rate;
}

}  // namespace vifi::train::mini
