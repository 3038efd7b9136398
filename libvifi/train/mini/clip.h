#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "data/random.h"
#include "mini/action.h"
#include "mini/person.h"
#include "mini/phrases.h"
#include "mini/scene.h"
#include "vifi/export.h"

namespace vifi::train::mini {

/// Everything that is drawn by chance about one clip; frames depend on it and on the time alone.
struct ClipPlan {
  const Phrase* phrase = nullptr;  ///< null: an idle person
  bool person = true;
  Look look;
  ActionDraws action;
  Scene scene;
  double x0 = 0;                   ///< of the person, frame heights from the middle
  std::uint64_t noise_key = 0;
};

/// @param phrase  null: an idle person
VIFI_API ClipPlan plan_clip(const Phrase* phrase, double duration_s, Domain domain, Random& random);

/// As a scene of a broadcast: no noise, steady light, the person stays in the middle square.
VIFI_API ClipPlan plan_broadcast_scene(const Phrase* phrase, bool person, double duration_s, Random& random);

/// Head, neck, hip, elbows, hands, knees, ankles (left first), in frame heights of what the camera sees.
using JointPlaces = std::array<Point, 11>;

/// Draws frames of one size. One thread.
class VIFI_API Renderer {
 public:
  Renderer(int width, int height);
  ~Renderer();
  Renderer(const Renderer&) = delete;
  Renderer& operator=(const Renderer&) = delete;

  int width() const { return width_; }
  int height() const { return height_; }

  /// @param t    s since the clip's beginning
  /// @param rgb  [height, width, 3]
  /// @return     where the joints are; meaningless without a person
  JointPlaces draw(const ClipPlan& plan, double t, std::span<std::uint8_t> rgb);

  /// A thing that stands in a scene, without a person. @param prop  one of prop_names()
  void draw_prop(const ClipPlan& plan, std::size_t prop, std::span<std::uint8_t> rgb);

 private:
  class Canvas;
  void light(const ClipPlan& plan, double t, std::span<std::uint8_t> rgb);

  int width_;
  int height_;
  std::unique_ptr<Canvas> canvas_;
};

/// "a ball", "a box", …
VIFI_API std::span<const char* const> prop_names();

/// Which part of a frame a model sees: 64 x 64 pixels of the frame whose short side has `short_side` pixels.
struct Square {
  int short_side = 64;
  double x = .5, y = .5;  ///< where it lies: 0 at the left or top, 1 at the right or bottom
};

/// A square's corner, in pixels of the resized frame.
struct Corner {
  int x = 0, y = 0;
};

/// The models' input before normalisation: resized with antialias, a square of it, rounded.
class VIFI_API Reducer {
 public:
  Reducer();
  ~Reducer();
  /// @param rgb  [72, 96, 3]. @param out  [3, 64, 64]
  Corner reduce(std::span<const std::uint8_t> rgb, std::span<std::uint8_t> out, const Square& square = {});

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

inline constexpr int kSmallWidth = 96;
inline constexpr int kSmallHeight = 72;
inline constexpr int kInputSize = 64;

}  // namespace vifi::train::mini
