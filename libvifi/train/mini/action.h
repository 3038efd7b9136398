#pragma once

#include <array>
#include <cstdint>

#include "data/random.h"
#include "mini/phrases.h"
#include "mini/pose.h"

namespace vifi::train::mini {

/// The eleven colours that clothes and props are named by.
struct NamedColor {
  const char* name;
  Color color;
};
inline constexpr std::array<NamedColor, 11> kColors{{{"red", {.82, .15, .15}},
                                                     {"orange", {.95, .55, .12}},
                                                     {"yellow", {.93, .85, .2}},
                                                     {"green", {.2, .62, .25}},
                                                     {"blue", {.18, .35, .8}},
                                                     {"purple", {.52, .25, .66}},
                                                     {"pink", {.95, .55, .7}},
                                                     {"white", {.94, .94, .94}},
                                                     {"black", {.1, .1, .12}},
                                                     {"gray", {.5, .5, .52}},
                                                     {"brown", {.45, .29, .16}}}};

/// Each channel moved by U(-spread, spread).
Color varied(Color color, double spread, Random& random);

/// How one clip's person does what the phrase says.
struct ActionDraws {
  double rate = 1, ph0 = 0, amp = 1;
  double duration_s = 4;
  int arm = 0;          ///< where the phrase leaves the arm open
  double turn = 1;      ///< -1 or 1
  double height = 0.7;  ///< of the body, in frame heights
  double facing = 1;    ///< 1 right, -1 left
  double max_distance = 0;
  bool idle_frontal = true;
  std::array<Color, 3> props;  ///< colours
};

ActionDraws draw_action(const Phrase* phrase, double duration_s, Random& random);

/// The pose at `t` seconds. @param phrase  null: an idle person
Pose pose_of(const Phrase* phrase, const ActionDraws& draws, double t);

/// Speed of locomotion in body heights a second; 0 for what stays in its place.
double speed_of(const Phrase* phrase, const ActionDraws& draws);

}  // namespace vifi::train::mini
