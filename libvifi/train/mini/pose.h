#pragma once

#include <array>
#include <functional>
#include <optional>
#include <vector>

#include "mini/brush.h"

namespace vifi::train::mini {

/// A limb before it is solved. Angles in radians, 0 down, positive forward (or outward); lengths in body heights.
struct Limb {
  enum class Kind {
    angles,      ///< upper part at `a`, lower part at a + b
    ends,        ///< arm: upper part at `a`, hand at neck + (x, y), forearm straight to it
    from_neck,   ///< arm: hand at neck + (x, y)
    from_ground  ///< hand or ankle at the ground point (x, y)
  };
  Kind kind = Kind::angles;
  double a = 0, b = 0;
  double x = 0, y = 0;
  double upper_scale = 1, lower_scale = 1;  ///< foreshortened below 1
  double bend = -1;
};

/// The body's points in local units: origin on the ground below the hip, y up, x forward. Limb 0 is the person's left.
struct Joints {
  Point hip, neck, head;
  std::array<Point, 2> shoulder, elbow, hand, hip_joint, knee, ankle;
  double up = 0;      ///< clockwise turn of the head's axis
  double turned = 0;  ///< `rot` of the pose
};

using Draw = std::function<void(Brush&, const Joints&)>;

/// What a person does at one moment.
struct Pose {
  bool frontal = false;
  bool back_view = false;
  double lean = 0, nod = 0, rot = 0;
  double lift = 0;
  std::optional<double> hip_y;  ///< fixed height of the hip; else the feet stand on the ground
  double hip_x = 0;             ///< sideways shift of the hip
  double x = 0;                 ///< shift of the whole person
  std::array<Limb, 2> arms, legs;
  std::vector<Draw> behind, front;  ///< props
};

/// Solves all joints; the shift `x` is left to the drawing.
Joints solved(const Pose& pose);

double lerp(double a, double b, double s);
double smooth(double x);  ///< 3x^2 - 2x^3, x clamped to 0..1
double cycle(double p);   ///< (1 - cos 2 pi p) / 2

}  // namespace vifi::train::mini
