#pragma once

#include <array>
#include <memory>
#include <vector>

#include <cairo.h>

#include "data/random.h"
#include "mini/brush.h"

namespace vifi::train::mini {

enum class SceneKind { plain, gradient, room, outdoor, texture, court };

/// How much a picture varies: that of single images (pretraining) or of clips.
enum class Domain { image, video };

/// Where an action takes place. All choices are made by `draw_scene`; drawing it depends on the time alone.
struct Scene {
  struct Element {
    int kind = 0;
    double x = 0;     ///< on a circle of length 4
    double scale = 1;
    Color color, second;
    double depth = 1;  ///< part of the camera's way that it moves
  };
  struct Distractor {
    int kind = 0;
    double x = 0, y = 0, size = 0, speed = 0;
    Color color, second;
  };

  SceneKind kind = SceneKind::plain;
  double ground_y = .86;
  double horizon = .8;
  Color first, second;  ///< wall and floor, sky above and below, or the two of a gradient
  Color floor;
  bool sun = false;
  double sun_x = 0, sun_y = 0;
  int stripes = 4;
  std::vector<Point> crowd;
  std::vector<std::size_t> crowd_colors;
  std::vector<Element> elements;
  std::vector<Distractor> distractors;
  std::shared_ptr<cairo_surface_t> texture;

  // The camera and the light.
  double pan_x = 0, pan_y = 0, pan_rate = 0, pan_phase = 0;
  double zoom = 1, zoom_part = 0, zoom_rate = 0, zoom_phase = 0;
  double noise = 0;  ///< standard deviation of 255
  double gain = 1;
  double bias = 0;   ///< of 255
};

Scene draw_scene(Domain domain, Random& random);

/// Sets the context's matrix from frame heights to what the camera sees. @param t  s
void look_at(cairo_t* context, const Scene& scene, double aspect, double t);

/// @param aspect  width / height of the frame. @param way  by how much the camera follows the person, frame heights
void draw_background(Brush& brush, const Scene& scene, double aspect, double way, double t);

}  // namespace vifi::train::mini
