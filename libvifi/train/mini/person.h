#pragma once

#include "data/random.h"
#include "mini/brush.h"
#include "mini/pose.h"

namespace vifi::train::mini {

/// What one person looks like.
struct Look {
  Color shirt, trousers, shoes, skin, hair;
  std::size_t shirt_name = 0;     ///< position in kColors
  std::size_t trousers_name = 0;
  int hair_style = 0;  ///< 0 plain, 1 with a bun, 2 long
  bool long_sleeves = false;
  bool outlined = false;
  double thick = 1;
  double wide = 1;  ///< of the torso
};

Look draw_look(Random& random);

/// Draws into local units: origin on the ground below the hip, y up, 1 = body height.
void draw_person(Brush& brush, const Look& look, const Pose& pose, const Joints& joints);

}  // namespace vifi::train::mini
