#include "mini/scene.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "mini/action.h"

namespace vifi::train::mini {
namespace {

constexpr double kTurn = 2 * std::numbers::pi;
constexpr double kCircle = 4;  // length of the world, frame heights

enum RoomElement { kTable, kShelf, kWindow, kPicture, kLamp, kDoor, kPlant };
enum OutdoorElement { kTree, kHouse, kBush, kCloud, kHill };
enum DistractorKind { kBird, kDisc, kBar, kBystander };

Color from_hsv(double hue, double saturation, double value) {
  const double sixths = hue * 6;
  const auto channel = [&](double offset) {
    const double k = std::fmod(offset + sixths, 6);
    return value - value * saturation * std::max(0.0, std::min({k, 4 - k, 1.0}));
  };
  return {channel(5), channel(3), channel(1)};
}

Color base_color(Random& random) {
  const double hue = random.uniform(), saturation = random.uniform(.05, .6), value = random.uniform(.25, .95);
  return from_hsv(hue, saturation, value);
}

Color named_color(Random& random) {
  return varied(kColors[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(kColors.size())))].color, .07, random);
}

int pick(std::initializer_list<double> weights, Random& random) {
  double rest = random.uniform();
  int index = 0;
  for (const double weight : weights) {
    if (rest < weight) return index;
    rest -= weight;
    ++index;
  }
  return static_cast<int>(weights.size()) - 1;
}

/// 32 x 32 pixels between two colours: fine noise and a coarser one.
std::shared_ptr<cairo_surface_t> noise_texture(Color a, Color b, Random& random) {
  constexpr int kSide = 32;
  std::shared_ptr<cairo_surface_t> surface(cairo_image_surface_create(CAIRO_FORMAT_RGB24, kSide, kSide), cairo_surface_destroy);
  std::array<double, 64> blocks;
  for (double& block : blocks) block = random.uniform();
  unsigned char* pixels = cairo_image_surface_get_data(surface.get());
  const int stride = cairo_image_surface_get_stride(surface.get());
  for (int y = 0; y < kSide; ++y) {
    for (int x = 0; x < kSide; ++x) {
      const double part = .6 * random.uniform() + .4 * blocks[static_cast<std::size_t>(y / 4 * 8 + x / 4)];
      const Color color = mixed(a, b, part);
      unsigned char* pixel = pixels + y * stride + 4 * x;
      pixel[0] = static_cast<unsigned char>(255 * color.b);
      pixel[1] = static_cast<unsigned char>(255 * color.g);
      pixel[2] = static_cast<unsigned char>(255 * color.r);
      pixel[3] = 255;
    }
  }
  cairo_surface_mark_dirty(surface.get());
  return surface;
}

void draw_room(Scene& scene, Random& random) {
  scene.horizon = scene.ground_y - random.uniform(.06, .16);
  scene.floor = base_color(random);
  const auto count = 5 + random.below(5);
  for (std::int64_t i = 0; i < count; ++i) {
    Scene::Element one;
    one.kind = static_cast<int>(random.below(7));
    one.x = random.uniform(0, kCircle);
    one.scale = random.uniform(.7, 1.3);
    one.color = base_color(random);
    one.second = named_color(random);
    scene.elements.push_back(one);
  }
}

void draw_outdoor(Scene& scene, Random& random) {
  scene.horizon = scene.ground_y - random.uniform(.08, .3);
  scene.first = varied({.45, .68, .93}, .12, random);
  scene.second = varied({.75, .87, .97}, .1, random);
  constexpr std::array<Color, 4> kGrounds{{{.42, .62, .28}, {.50, .39, .28}, {.82, .73, .52}, {.92, .93, .96}}};
  scene.floor = varied(kGrounds[static_cast<std::size_t>(random.below(4))], .06, random);
  scene.sun = random.chance(.5);
  scene.sun_x = random.uniform(.1, 1.5);
  scene.sun_y = random.uniform(.08, .3);
  const auto count = 4 + random.below(7);
  for (std::int64_t i = 0; i < count; ++i) {
    Scene::Element one;
    one.kind = pick({2.0 / 6, 1.0 / 6, 1.0 / 6, 1.0 / 6, 1.0 / 6}, random);
    one.x = random.uniform(0, kCircle);
    one.scale = random.uniform(.6, 1.4);
    one.color = one.kind == kHouse ? named_color(random) : varied({.25, .45, .18}, .09, random);
    one.second = base_color(random);
    if (one.kind == kHill) one.color = mixed(scene.floor, {.3, .3, .3}, random.uniform(.15, .4));
    if (one.kind == kCloud || one.kind == kHill) one.depth = .3;
    scene.elements.push_back(one);
  }
  // Hills stand behind everything.
  std::stable_sort(scene.elements.begin(), scene.elements.end(), [](const auto& a, const auto& b) { return a.depth < b.depth; });
}

void draw_court(Scene& scene, Random& random) {
  scene.horizon = scene.ground_y - random.uniform(.08, .2);
  constexpr std::array<Color, 3> kFloors{{{.36, .62, .42}, {.75, .57, .36}, {.35, .48, .68}}};
  scene.floor = varied(kFloors[static_cast<std::size_t>(random.below(3))], .07, random);
  scene.stripes = 3 + static_cast<int>(random.below(4));
  if (random.chance(.5)) {
    for (int i = 0; i < 60; ++i) {
      const double x = random.uniform(0, kCircle), y = random.uniform(.02, scene.horizon - .04);
      scene.crowd.push_back({x, y});
      scene.crowd_colors.push_back(static_cast<std::size_t>(random.below(static_cast<std::int64_t>(kColors.size()))));
    }
  }
}

void draw_distractors(Scene& scene, Domain domain, Random& random) {
  const int count = domain == Domain::image ? pick({.85, .12, .03}, random) : pick({.60, .28, .12}, random);
  for (int i = 0; i < count; ++i) {
    Scene::Distractor one;
    one.kind = static_cast<int>(random.below(4));
    one.x = random.uniform(0, 1.6);
    one.y = one.kind == kBystander ? scene.ground_y - random.uniform(.02, .1) : random.uniform(.05, .6);
    one.size = random.uniform(.02, .06);
    one.speed = random.uniform(-.25, .25);
    one.color = named_color(random);
    one.second = varied({.82, .6, .42}, .15, random);
    scene.distractors.push_back(one);
  }
}

/// Place on the screen of a point of the world, between -1 and 3.
double wrapped(double x) {
  x = std::fmod(x + 1, kCircle);
  return (x < 0 ? x + kCircle : x) - 1;
}

void gradient(Brush& brush, double top, double bottom, Color above, Color below) {
  cairo_t* context = brush.context();
  const std::unique_ptr<cairo_pattern_t, decltype(&cairo_pattern_destroy)> pattern(
      cairo_pattern_create_linear(0, top, 0, bottom), cairo_pattern_destroy);
  cairo_pattern_add_color_stop_rgb(pattern.get(), 0, above.r, above.g, above.b);
  cairo_pattern_add_color_stop_rgb(pattern.get(), 1, below.r, below.g, below.b);
  cairo_set_source(context, pattern.get());
  cairo_rectangle(context, -1, -1, 5, 3);
  cairo_fill(context);
}

void draw_room_element(Brush& brush, const Scene& scene, const Scene::Element& one, double x) {
  const double floor = scene.horizon, s = one.scale;
  const auto box = [&](double left, double top, double width, double height, Color color) {
    brush.rectangle(x + s * left, floor - s * top, s * width, s * height, color);
  };
  switch (one.kind) {
    case kTable:
      box(-.17, .17, .34, .025, one.color);
      for (const double leg : {-.15, .13}) box(leg, .15, .02, .15, .9 * one.color);
      break;
    case kShelf:
      box(-.11, .52, .22, .52, .7 * one.color);
      for (int i = 0; i < 3; ++i) box(-.09, .50 - .165 * i, .18, .14, .45 * one.color);
      break;
    case kWindow:
      box(-.16, .68, .32, .30, {.95, .95, .95});
      for (const double pane : {-.145, .01}) box(pane, .665, .135, .27, {.62, .80, .96});
      break;
    case kPicture:
      box(-.10, .64, .20, .15, .5 * one.color);
      box(-.085, .625, .17, .12, one.second);
      break;
    case kLamp: {
      box(-.008, .48, .016, .48, {.15, .15, .15});
      const std::array<Point, 4> shade{Point{x - .045 * s, floor - .60 * s}, {x + .045 * s, floor - .60 * s},
                                       {x + .08 * s, floor - .47 * s}, {x - .08 * s, floor - .47 * s}};
      brush.polygon(shade, one.second);
      break;
    }
    case kDoor:
      box(-.10, .48, .20, .48, .75 * one.color);
      brush.disc({x + .07 * s, floor - .24 * s}, .012 * s, {.9, .8, .3});
      break;
    default: {
      brush.disc({x, floor - .19 * s}, .09 * s, {.2, .5, .22});
      const std::array<Point, 4> pot{Point{x - .05 * s, floor - .11 * s}, {x + .05 * s, floor - .11 * s},
                                     {x + .035 * s, floor}, {x - .035 * s, floor}};
      brush.polygon(pot, {.62, .36, .22});
    }
  }
}

void draw_outdoor_element(Brush& brush, const Scene& scene, const Scene::Element& one, double x) {
  const double floor = scene.horizon, s = one.scale;
  switch (one.kind) {
    case kTree:
      brush.rectangle(x - .018 * s, floor - .22 * s, .036 * s, .22 * s, {.40, .27, .15});
      brush.disc({x, floor - .28 * s}, .13 * s, one.color);
      break;
    case kHouse: {
      brush.rectangle(x - .17 * s, floor - .24 * s, .34 * s, .24 * s, .85 * one.color);
      const std::array<Point, 3> roof{Point{x - .21 * s, floor - .24 * s}, {x, floor - .40 * s}, {x + .21 * s, floor - .24 * s}};
      brush.polygon(roof, .5 * one.color);
      brush.rectangle(x - .04 * s, floor - .13 * s, .08 * s, .13 * s, .35 * one.color);
      break;
    }
    case kBush: brush.ellipse({x, floor - .03 * s}, .10 * s, .06 * s, one.color); break;
    case kCloud:
      for (const Point puff : {Point{-.07, 0}, {0, -.025}, {.07, 0}}) {
        brush.ellipse({x + puff.x * s, .16 + puff.y * s}, .075 * s, .045 * s, {.97, .97, .98});
      }
      break;
    default: brush.ellipse({x, floor + .05 * s}, .45 * s, .20 * s, one.color);
  }
}

void draw_distractor(Brush& brush, const Scene::Distractor& one, double aspect, double t) {
  const double span = aspect + .4;
  double x = std::fmod(one.x + one.speed * t, span);
  x = (x < 0 ? x + span : x) - .2;
  switch (one.kind) {
    case kBird: {
      const double flap = one.size * (.35 + .35 * std::sin(kTurn * 2 * t));
      brush.line({x - one.size, one.y - flap}, {x, one.y}, .012, .5 * one.color);
      brush.line({x, one.y}, {x + one.size, one.y - flap}, .012, .5 * one.color);
      break;
    }
    case kDisc: brush.disc({x, one.y}, one.size, one.color); break;
    case kBar: brush.rectangle(x - one.size, one.y, 2 * one.size, .4 * one.size, one.color); break;
    default: {
      const double h = 5 * one.size;
      brush.line({x, one.y - .05 * h}, {x, one.y - .4 * h}, .14 * h, .5 * one.color);
      brush.line({x, one.y - .45 * h}, {x, one.y - .72 * h}, .18 * h, one.color);
      brush.disc({x, one.y - .9 * h}, .1 * h, one.second);
    }
  }
}

}  // namespace

Scene draw_scene(Domain domain, Random& random) {
  Scene scene;
  scene.ground_y = random.uniform(.80, .93);
  scene.kind = static_cast<SceneKind>(domain == Domain::image ? pick({.35, .25, .15, .15, .05, .05}, random)
                                                              : pick({.04, .06, .30, .30, .08, .22}, random));
  scene.first = base_color(random);
  scene.second = base_color(random);
  switch (scene.kind) {
    case SceneKind::room: draw_room(scene, random); break;
    case SceneKind::outdoor: draw_outdoor(scene, random); break;
    case SceneKind::court: draw_court(scene, random); break;
    case SceneKind::texture: scene.texture = noise_texture(scene.first, scene.second, random); break;
    default: break;
  }
  draw_distractors(scene, domain, random);

  const double part = domain == Domain::image ? .5 : 1;
  scene.pan_x = part * random.uniform(0, .03);
  scene.pan_y = part * random.uniform(0, .015);
  scene.pan_rate = random.uniform(.1, .5);
  scene.pan_phase = random.uniform(0, kTurn);
  scene.zoom = 1 + part * (random.uniform(.95, 1.1) - 1);
  scene.zoom_part = part * random.uniform(0, .06);
  scene.zoom_rate = random.uniform(.05, .3);
  scene.zoom_phase = random.uniform(0, kTurn);
  scene.noise = domain == Domain::image ? random.uniform(0, 3) : random.uniform(0, 6);
  scene.gain = domain == Domain::image ? random.uniform(.85, 1.15) : random.uniform(.72, 1.22);
  scene.bias = 255 * random.uniform(-.05, .05);
  return scene;
}

void look_at(cairo_t* context, const Scene& scene, double aspect, double t) {
  const double zoom = scene.zoom * (1 + scene.zoom_part * std::sin(kTurn * scene.zoom_rate * t + scene.zoom_phase));
  cairo_translate(context, aspect / 2, .5);
  cairo_scale(context, zoom, zoom);
  cairo_translate(context, -aspect / 2 + scene.pan_x * std::sin(kTurn * scene.pan_rate * t + scene.pan_phase),
                  -.5 + scene.pan_y * std::sin(kTurn * 1.3 * scene.pan_rate * t + scene.pan_phase));
}

void draw_background(Brush& brush, const Scene& scene, double aspect, double way, double t) {
  cairo_t* context = brush.context();
  const auto ground = [&](double top, Color color) { brush.rectangle(-1, top, 5, 4, color); };
  const auto darkened_ground = [&] {
    cairo_set_source_rgba(context, 0, 0, 0, .12);
    cairo_rectangle(context, -1, scene.ground_y, 5, 2);
    cairo_fill(context);
  };
  ground(-1, scene.first);  // what the last picture left would shine through where edges meet
  switch (scene.kind) {
    case SceneKind::plain:
      darkened_ground();
      break;
    case SceneKind::gradient:
      gradient(brush, 0, 1, scene.first, scene.second);
      darkened_ground();
      break;
    case SceneKind::texture: {
      const Saved saved(context);
      cairo_translate(context, -way, 0);
      cairo_scale(context, 1.0 / 64, 1.0 / 64);
      cairo_set_source_surface(context, scene.texture.get(), 0, 0);
      cairo_pattern_set_extend(cairo_get_source(context), CAIRO_EXTEND_REPEAT);
      cairo_pattern_set_filter(cairo_get_source(context), CAIRO_FILTER_BILINEAR);
      cairo_paint(context);
      break;
    }
    case SceneKind::room:
      ground(-1, scene.first);
      ground(scene.horizon, scene.floor);
      break;
    case SceneKind::outdoor:
      gradient(brush, 0, scene.horizon, scene.first, scene.second);
      if (scene.sun) brush.disc({scene.sun_x, scene.sun_y}, .06, {.99, .88, .42});
      break;
    case SceneKind::court: {
      for (int i = 0; i < scene.stripes; ++i) {
        const double top = i == 0 ? -1 : scene.horizon * i / scene.stripes;
        brush.rectangle(-1, top, 5, scene.horizon - top + .01, (i % 2 == 0 ? 1 : .82) * scene.first);
      }
      for (std::size_t i = 0; i < scene.crowd.size(); ++i) {
        brush.disc({wrapped(scene.crowd[i].x - way), scene.crowd[i].y}, .017, kColors[scene.crowd_colors[i]].color);
      }
      ground(scene.horizon, scene.floor);
      constexpr Color kLine{.93, .93, .93};
      brush.rectangle(-1, scene.horizon + .02, 5, .008, kLine);
      for (double x = .3; x < kCircle; x += 1) brush.rectangle(wrapped(x - way), scene.horizon + .02, .01, 2, kLine);
      break;
    }
  }
  if (scene.kind == SceneKind::texture) darkened_ground();
  if (scene.kind == SceneKind::outdoor) {
    for (const auto& one : scene.elements) {
      if (one.depth < 1) draw_outdoor_element(brush, scene, one, wrapped(one.x - one.depth * way));
    }
    ground(scene.horizon, scene.floor);
  }
  for (const auto& one : scene.elements) {
    const double x = wrapped(one.x - way);
    if (scene.kind == SceneKind::room) draw_room_element(brush, scene, one, x);
    if (scene.kind == SceneKind::outdoor && one.depth == 1) draw_outdoor_element(brush, scene, one, x);
  }
  for (const auto& one : scene.distractors) draw_distractor(brush, one, aspect, t);
}

}  // namespace vifi::train::mini
