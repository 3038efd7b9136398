#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include "mini/action.h"

namespace vifi::train::mini {

/// Makes the pose of one moment: every family of phrases has a function, in the file of its kind.
class Director {
 public:
  Director(const Phrase& phrase, const ActionDraws& draws, double t);

  Pose run();

 private:
  void set_phase(double factor);

  /// Frontal standing, sitting or kneeling, swaying a little.
  void face();

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
  void waving();
  void circling();
  void dumbbell();
  void clapping();
  void drinking();
  void reading();
  void phone();
  void guitar();
  void drum();
  void flag();
  void hold_umbrella();
  void open_umbrella();
  void juggle();
  void raising();
  /// 0 at the beginning, 1 at the end; the other way round for reversed phrases.
  double late_phase() const;

  // Locomotion, seen from the side.
  void walking_legs();
  void locomotion();
  void carry();
  void bicycle();
  void crawl();
  /// What is pushed or pulled.
  Draw thing_at(double x) const;
  void push();
  void pull();

  // Balls and other things that fly.
  void kick();
  void throwing();
  void punch();
  void lift_overhead();
  void pick_up();
  void bounce();
  void head_ball();

  // Gymnastics.
  Limb named_arm() const;
  void jump();
  void squat();
  void march();
  void climb();
  void stairs();
  void jumping_jacks();
  void push_ups();
  void sit_ups();
  void skip_rope();
  void hula_hoop();
  void bow();
  void cartwheel();
  void handstand();
  void dance();

  // Work.
  void sweep();
  void dig();
  void swing_bat();
  void swing_hammer();

  // Chairs and floors.
  void sit_down();
  void lie();

  const Phrase& phrase_;
  const ActionDraws& d_;
  double t_;
  double ph_ = 0, q_ = 0;
  bool arms_over_props_ = false;
  Pose pose_;
};

}  // namespace vifi::train::mini
