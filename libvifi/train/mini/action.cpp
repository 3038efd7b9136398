#include "mini/action.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <string>

#include "mini/director.h"
#include "mini/limbs.h"

namespace vifi::train::mini {
namespace {

using std::sin;

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
