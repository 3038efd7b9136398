#pragma once

namespace vifi {

/// While it lives, `owned` (clip/tensors.h) of this thread hands a tensor of the right type on as it is. Towers made
/// meanwhile refer to the weights they are given, so making one costs nothing, and what it computes is recorded for the
/// backward pass: a training makes its towers anew for each step, in the plain form.
class SharedWeights {
 public:
  SharedWeights();
  ~SharedWeights();
  SharedWeights(const SharedWeights&) = delete;
  SharedWeights& operator=(const SharedWeights&) = delete;

  /// On this thread.
  static bool in_force();

 private:
  bool outer_;
};

}  // namespace vifi
