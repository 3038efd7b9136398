#include "mini/person.h"

#include <array>
#include <cmath>

#include "mini/action.h"

namespace vifi::train::mini {
namespace {

constexpr Color kInk{.05, .05, .05};
constexpr double kInkWidth = .022;
constexpr double kFar = .72;  // brightness of the limbs behind

constexpr std::array<Color, 5> kSkins{{{.98, .84, .72}, {.93, .74, .58}, {.82, .6, .42}, {.62, .42, .28}, {.42, .27, .18}}};
constexpr std::array<Color, 5> kHairs{{{.1, .08, .07}, {.3, .18, .08}, {.75, .58, .25}, {.55, .25, .12}, {.7, .7, .7}}};

std::size_t pick(std::size_t count, Random& random) {
  return static_cast<std::size_t>(random.below(static_cast<std::int64_t>(count)));
}

class Painter {
 public:
  Painter(Brush& brush, const Look& look, const Pose& pose, const Joints& joints)
      : brush_(brush), look_(look), pose_(pose), j_(joints) {}

  void run() {
    for (const Draw& draw : pose_.behind) draw(brush_, j_);
    if (pose_.frontal) {
      for (const int limb : {0, 1}) leg(limb, 1);
      neck();
      torso();
      head();
      for (const int limb : {0, 1}) arm(limb, 1);
    } else {
      arm(0, kFar);
      leg(0, kFar);
      neck();
      leg(1, 1);
      torso();
      head();
      arm(1, 1);
    }
    for (const Draw& draw : pose_.front) draw(brush_, j_);
  }

 private:
  /// A shape and, under it, the same in ink and wider.
  void line(std::span<const Point> points, double width, Color color) {
    if (look_.outlined) brush_.line(points, width + kInkWidth, kInk);
    brush_.line(points, width, color);
  }
  void disc(Point center, double radius, Color color) {
    if (look_.outlined) brush_.disc(center, radius + kInkWidth / 2, kInk);
    brush_.disc(center, radius, color);
  }

  void leg(int limb, double light) {
    const std::array<Point, 3> bones{j_.hip_joint[limb], j_.knee[limb], j_.ankle[limb]};
    const Point ankle = j_.ankle[limb];
    Point ahead;
    if (pose_.frontal) {
      const double side = limb == 0 ? 1 : -1;
      const Point out{.35 * side, -.12};
      const double c = std::cos(-j_.turned), s = std::sin(-j_.turned);
      ahead = {out.x * c - out.y * s, out.x * s + out.y * c};
    } else {
      const Point shin = ankle - j_.knee[limb];
      const double length = std::max(std::hypot(shin.x, shin.y), 1e-6);
      ahead = {-shin.y / length, shin.x / length};
    }
    const std::array<Point, 2> foot{ankle, ankle + .085 * ahead};
    const double width = .090 * look_.thick;
    if (look_.outlined) {
      brush_.line(bones, width + kInkWidth, kInk);
      brush_.line(foot, .045 + kInkWidth, kInk);
    }
    brush_.line(bones, width, light * look_.trousers);
    brush_.line(foot, .045, light * look_.shoes);
  }

  void arm(int limb, double light) {
    const std::array<Point, 3> bones{j_.shoulder[limb], j_.elbow[limb], j_.hand[limb]};
    const double width = .068 * look_.thick;
    if (look_.outlined) {
      brush_.line(bones, width + kInkWidth, kInk);
      brush_.disc(j_.hand[limb], .033 + kInkWidth / 2, kInk);
    }
    brush_.line(bones, width, light * look_.skin);
    brush_.disc(j_.hand[limb], .033, light * look_.skin);
    const auto sleeve = std::span(bones).first(look_.long_sleeves ? 3 : 2);
    brush_.line(sleeve, width, (.92 * light) * look_.shirt);
    if (look_.long_sleeves) brush_.disc(j_.hand[limb], .033, light * look_.skin);
  }

  void neck() {
    const std::array<Point, 2> bones{j_.neck, j_.head};
    line(bones, .05, look_.skin);
  }

  void torso() {
    const double width = (pose_.frontal ? .19 : .125) * look_.wide;
    const Point way = j_.neck - j_.hip;
    const Point up = (1 / std::max(std::hypot(way.x, way.y), 1e-6)) * way;
    const std::array<Point, 2> bones{j_.hip + .01 * up, j_.neck - (.378 * width) * up};
    line(bones, width, look_.shirt);
  }

  void head() {
    const Point up{std::sin(j_.up), std::cos(j_.up)};
    const Point ahead{up.y, -up.x};
    const auto at = [&](double forward, double upward) { return j_.head + forward * ahead + upward * up; };
    if (look_.hair_style == 1) disc(at(pose_.frontal ? 0 : -.02, .095), .03, look_.hair);
    if (look_.hair_style == 2) disc(at(pose_.frontal ? 0 : -.02, -.03), .095, look_.hair);
    disc(j_.head, .085, look_.hair);
    if (pose_.back_view) return;
    if (pose_.frontal) {
      const double down = look_.hair_style == 1 ? -.012 : -.02;
      brush_.disc(at(0, down), .071, look_.skin);
      for (const double side : {-1.0, 1.0}) brush_.disc(at(.03 * side, down + .012), .012, kInk);
      brush_.line(at(-.02, down - .032), at(.02, down - .032), .009, {.55, .2, .2});
    } else {
      brush_.disc(at(.093, -.01), .018, look_.skin);
      brush_.disc(at(.022, -.016), .068, look_.skin);
      brush_.disc(at(.055, .015), .013, kInk);
    }
  }

  Brush& brush_;
  const Look& look_;
  const Pose& pose_;
  const Joints& j_;
};

}  // namespace

Look draw_look(Random& random) {
  Look look;
  look.shirt_name = pick(kColors.size(), random);
  look.trousers_name = (look.shirt_name + 1 + pick(kColors.size() - 1, random)) % kColors.size();
  look.shirt = varied(kColors[look.shirt_name].color, .07, random);
  look.trousers = varied(kColors[look.trousers_name].color, .07, random);
  look.shoes = varied(kColors[pick(kColors.size(), random)].color, .07, random);
  look.skin = varied(kSkins[pick(kSkins.size(), random)], .03, random);
  look.hair = varied(kHairs[pick(kHairs.size(), random)], .04, random);
  look.hair_style = static_cast<int>(random.below(3));
  look.long_sleeves = random.chance(.5);
  look.outlined = random.chance(.5);
  look.thick = random.uniform(.9, 1.2);
  look.wide = random.uniform(.92, 1.1);
  return look;
}

void draw_person(Brush& brush, const Look& look, const Pose& pose, const Joints& joints) {
  const Saved saved(brush.context());
  cairo_translate(brush.context(), pose.x, 0);
  Painter(brush, look, pose, joints).run();
}

}  // namespace vifi::train::mini
