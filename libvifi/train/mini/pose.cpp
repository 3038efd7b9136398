#include "mini/pose.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace vifi::train::mini {
namespace {

constexpr double kLeg = 0.245;  // thigh and shin
constexpr double kArm = 0.17;   // upper arm and forearm

Point direction(double angle, double side) { return {side * std::sin(angle), -std::cos(angle)}; }

Point turned_left(Point v, double angle) {
  return {v.x * std::cos(angle) - v.y * std::sin(angle), v.x * std::sin(angle) + v.y * std::cos(angle)};
}

double length(Point v) { return std::hypot(v.x, v.y); }

/// Middle joint of two bones of length l1 and l2 that reach for `target`, and where they end.
std::pair<Point, Point> reach(Point from, Point target, double l1, double l2, double bend) {
  const Point way = target - from;
  const double distance = std::clamp(length(way), std::abs(l1 - l2) + 0.02, l1 + l2 - 0.001);
  const Point ahead = length(way) > 1e-9 ? (1 / length(way)) * way : Point{0, -1};
  const double angle = std::acos(std::clamp((l1 * l1 + distance * distance - l2 * l2) / (2 * l1 * distance), -1.0, 1.0));
  return {from + l1 * turned_left(ahead, bend * angle), from + distance * ahead};
}

class Solver {
 public:
  explicit Solver(const Pose& pose) : pose_(pose) {}

  Joints run() {
    body();
    for (int limb = 0; limb < 2; ++limb) {
      if (pose_.legs[limb].kind == Limb::Kind::angles) leg(limb);
      if (pose_.arms[limb].kind != Limb::Kind::from_ground) arm(limb);
    }
    turn();
    if (pose_.hip_y) {
      shift({0, *pose_.hip_y - joints_.hip.y});
    } else {
      shift({0, pose_.lift - lowest()});
    }
    for (int limb = 0; limb < 2; ++limb) {
      const Limb& leg = pose_.legs[limb];
      const Limb& arm = pose_.arms[limb];
      if (leg.kind == Limb::Kind::from_ground) {
        std::tie(joints_.knee[limb], joints_.ankle[limb]) = reach(joints_.hip_joint[limb], {leg.x, leg.y}, kLeg, kLeg, 1);
      }
      if (arm.kind == Limb::Kind::from_ground) {
        std::tie(joints_.elbow[limb], joints_.hand[limb]) = reach(joints_.shoulder[limb], {arm.x, arm.y}, kArm, kArm, arm.bend);
      }
    }
    return joints_;
  }

 private:
  double side(int limb) const { return pose_.frontal && limb == 1 ? -1 : 1; }

  void body() {
    const double lean = pose_.lean;
    const Point up{std::sin(lean), std::cos(lean)};
    const Point across{std::cos(lean), -std::sin(lean)};
    joints_.hip = {pose_.hip_x, 0};
    joints_.neck = joints_.hip + 0.30 * up;
    const double nod = lean + pose_.nod;
    joints_.head = joints_.neck + 0.11 * Point{std::sin(nod), std::cos(nod)};
    joints_.up = nod;
    for (int limb = 0; limb < 2; ++limb) {
      const double sign = limb == 0 ? 1 : -1;
      joints_.shoulder[limb] = joints_.neck - 0.02 * up + (sign * (pose_.frontal ? 0.105 : 0.015)) * across;
      joints_.hip_joint[limb] = joints_.hip + Point{sign * (pose_.frontal ? 0.06 : 0.012), 0};
    }
  }

  void leg(int limb) {
    const Limb& leg = pose_.legs[limb];
    joints_.knee[limb] = joints_.hip_joint[limb] + (kLeg * leg.upper_scale) * direction(leg.a, side(limb));
    joints_.ankle[limb] = joints_.knee[limb] + (kLeg * leg.lower_scale) * direction(leg.a + leg.b, side(limb));
  }

  void arm(int limb) {
    const Limb& arm = pose_.arms[limb];
    const double s = side(limb);
    const Point shoulder = joints_.shoulder[limb];
    const Point target = joints_.neck + Point{s * arm.x, arm.y};
    if (arm.kind == Limb::Kind::from_neck) {
      std::tie(joints_.elbow[limb], joints_.hand[limb]) = reach(shoulder, target, kArm, kArm, s * arm.bend);
    } else if (arm.kind == Limb::Kind::ends) {
      joints_.elbow[limb] = shoulder + 0.153 * direction(arm.a, s);
      const Point way = target - joints_.elbow[limb];
      const double cut = std::min(1.0, 0.21 / std::max(length(way), 1e-9));
      joints_.hand[limb] = joints_.elbow[limb] + cut * way;
    } else {
      joints_.elbow[limb] = shoulder + kArm * direction(arm.a, s);
      joints_.hand[limb] = joints_.elbow[limb] + kArm * direction(arm.a + arm.b, s);
    }
  }

  template <typename Change>
  void each(Change change) {
    for (Point* point : {&joints_.hip, &joints_.neck, &joints_.head}) change(*point);
    for (auto* pair : {&joints_.shoulder, &joints_.elbow, &joints_.hand, &joints_.hip_joint, &joints_.knee, &joints_.ankle}) {
      for (Point& point : *pair) change(point);
    }
  }

  /// Clockwise about the hip.
  void turn() {
    if (pose_.rot == 0) return;
    const Point hip = joints_.hip;
    each([&](Point& point) { point = hip + turned_left(point - hip, -pose_.rot); });
    joints_.up += pose_.rot;
    joints_.turned = pose_.rot;
  }

  void shift(Point by) {
    each([&](Point& point) { point = point + by; });
  }

  /// Height of the lowest point of the body.
  double lowest() const {
    double low = std::min({joints_.hip.y - 0.07, joints_.head.y - 0.085, joints_.neck.y - 0.05});
    for (int limb = 0; limb < 2; ++limb) {
      low = std::min({low, joints_.shoulder[limb].y - 0.04, joints_.hip_joint[limb].y - 0.06});
      if (pose_.legs[limb].kind == Limb::Kind::angles) {
        low = std::min({low, joints_.knee[limb].y - 0.035, joints_.ankle[limb].y - 0.02});
      }
      if (pose_.arms[limb].kind != Limb::Kind::from_ground) {
        low = std::min({low, joints_.elbow[limb].y - 0.02, joints_.hand[limb].y - 0.03});
      }
    }
    return low;
  }

  const Pose& pose_;
  Joints joints_;
};

}  // namespace

Joints solved(const Pose& pose) { return Solver(pose).run(); }

double lerp(double a, double b, double s) { return a + (b - a) * s; }

double smooth(double x) {
  x = std::clamp(x, 0.0, 1.0);
  return x * x * (3 - 2 * x);
}

double cycle(double p) { return (1 - std::cos(2 * std::numbers::pi * p)) / 2; }

}  // namespace vifi::train::mini
