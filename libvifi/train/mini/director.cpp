#include "mini/director.h"

#include <cmath>
#include <functional>
#include <map>

#include "mini/limbs.h"
#include "mini/props.h"

namespace vifi::train::mini {

using std::sin;

Director::Director(const Phrase& phrase, const ActionDraws& draws, double t) : phrase_(phrase), d_(draws), t_(t) {
  pose_.arms = {kRestArm, kRestArm};
  pose_.legs = {kStandingLeg, kStandingLeg};
  set_phase(1);
}

Pose Director::run() {
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

void Director::set_phase(double factor) {
  ph_ = factor * d_.rate * t_ + d_.ph0;
  q_ = 2 * kPi * ph_;
}

void Director::face() {
  pose_.frontal = true;
  pose_.lean += .03 * sin(2 * kPi * (.3 * t_ + d_.ph0));
  if (phrase_.is("post", "sit")) {
    pose_.legs = {angles(.16, -.12, .38), angles(.16, -.12, .38)};
    pose_.behind.push_back([color = d_.props[2]](Brush& brush, const Joints&) { draw_chair_front(brush, color); });
  } else if (phrase_.is("post", "kneel")) {
    pose_.legs = {angles(.12, 0, 1, .14), angles(.12, 0, 1, .14)};
  }
}

double Director::late_phase() const {
  const double s = smooth((t_ / d_.duration_s - .3) / .4);
  return phrase_.is("rev", "1") ? 1 - s : s;
}

}  // namespace vifi::train::mini
