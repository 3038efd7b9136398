#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "mini/pose.h"

namespace vifi::train::mini {

inline constexpr double kPi = std::numbers::pi;

inline double positive(double x) { return std::max(0.0, x); }
inline double fraction(double x) { return x - std::floor(x); }

inline Limb angles(double a, double b, double upper_scale = 1, double lower_scale = 1) {
  Limb limb;
  limb.a = a;
  limb.b = b;
  limb.upper_scale = upper_scale;
  limb.lower_scale = lower_scale;
  return limb;
}

inline Limb ends(double a, double x, double y) {
  Limb limb;
  limb.kind = Limb::Kind::ends;
  limb.a = a;
  limb.x = x;
  limb.y = y;
  return limb;
}

inline Limb from_neck(double x, double y, double bend = -1) {
  Limb limb;
  limb.kind = Limb::Kind::from_neck;
  limb.x = x;
  limb.y = y;
  limb.bend = bend;
  return limb;
}

inline Limb on_ground(double x, double y) {
  Limb limb;
  limb.kind = Limb::Kind::from_ground;
  limb.x = x;
  limb.y = y;
  return limb;
}

inline const Limb kRestArm = angles(.16, .08);
inline const Limb kStandingLeg = angles(.05, 0);

inline Point middle_of(const std::array<Point, 2>& points) { return .5 * (points[0] + points[1]); }

}  // namespace vifi::train::mini
