#include "mini/clip.h"

#include <cairo.h>

#include <algorithm>
#include <cmath>

#include "mini/props.h"
#include "vifi/error.h"
#include "video/geometry.h"
#include "video/resizer.h"

namespace vifi::train::mini {
namespace {

constexpr std::array<const char*, 17> kProps{
    "a ball",  "a box",     "a chair",   "a cart",   "a guitar", "a drum", "a dumbbell", "a barbell", "an umbrella",
    "a balloon", "a flag",  "a book",    "a cup",    "a bicycle", "a ladder", "a baseball bat", "a punching bag"};

void draw_named_prop(Brush& brush, std::size_t prop, Color color) {
  switch (prop) {
    case 0: return draw_ball(brush, {0, .12}, .12, color);
    case 1: return draw_box(brush, {0, .17}, .34, .34, color);
    case 2: return draw_chair_side(brush, {0, 0}, 1, color);
    case 3: return draw_cart(brush, 0, 1.3, color);
    case 4: return draw_guitar(brush, {0, .62}, color);
    case 5: return draw_drum(brush, {0, .3}, color);
    case 6: return draw_dumbbell(brush, {0, .05}, color);
    case 7: return draw_barbell(brush, {0, .11}, color);
    case 8: return draw_umbrella(brush, {0, .25}, 0, color);
    case 9: return draw_balloon(brush, {0, .3}, {.03, .75}, color);
    case 10: return draw_flag(brush, {0, .1}, 0, .6, 1, .5, color);
    case 11: return draw_book(brush, {0, .3}, .2, color);
    case 12: return draw_cup(brush, {0, .1}, 0, color);
    case 13: return draw_bicycle(brush, .3, .5, color);
    case 14: return draw_ladder(brush, color);
    case 15: return draw_bat(brush, {-.15, .1}, .8, color);
    default: return draw_bag(brush, 0, color);
  }
}

Point through(const cairo_matrix_t& matrix, Point point) {
  cairo_matrix_transform_point(&matrix, &point.x, &point.y);
  return point;
}

}  // namespace

std::span<const char* const> prop_names() { return kProps; }

ClipPlan plan_clip(const Phrase* phrase, double duration_s, Domain domain, Random& random) {
  ClipPlan plan;
  plan.phrase = phrase;
  plan.look = draw_look(random);
  plan.action = draw_action(phrase, duration_s, random);
  plan.scene = draw_scene(domain, random);
  plan.x0 = random.uniform(-.09, .09);
  plan.noise_key = random.next();
  return plan;
}

ClipPlan plan_broadcast_scene(const Phrase* phrase, bool person, double duration_s, Random& random) {
  ClipPlan plan = plan_clip(phrase, duration_s, Domain::video, random);
  plan.person = person;
  plan.scene.noise = 0;
  plan.scene.gain = random.uniform(.85, 1.12);
  plan.scene.bias = 255 * random.uniform(-.02, .02);
  plan.x0 = random.uniform(-.05, .05);
  plan.action.max_distance = random.uniform(0, .14);
  return plan;
}

/// A Cairo surface and its context.
class Renderer::Canvas {
 public:
  Canvas(int width, int height)
      : surface_(cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height), cairo_surface_destroy),
        context_(cairo_create(surface_.get()), cairo_destroy) {
    if (cairo_status(context_.get()) != CAIRO_STATUS_SUCCESS) {
      throw Error(ErrorCode::out_of_memory, std::string("[render] no picture of that size: ") +
                                                cairo_status_to_string(cairo_status(context_.get())));
    }
  }

  cairo_t* context() { return context_.get(); }

  void copy_to(int width, int height, std::span<std::uint8_t> rgb) {
    cairo_surface_flush(surface_.get());
    const unsigned char* pixels = cairo_image_surface_get_data(surface_.get());
    const int stride = cairo_image_surface_get_stride(surface_.get());
    std::uint8_t* to = rgb.data();
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        const unsigned char* pixel = pixels + y * stride + 4 * x;
        *to++ = pixel[2];
        *to++ = pixel[1];
        *to++ = pixel[0];
      }
    }
  }

 private:
  std::unique_ptr<cairo_surface_t, decltype(&cairo_surface_destroy)> surface_;
  std::unique_ptr<cairo_t, decltype(&cairo_destroy)> context_;
};

Renderer::Renderer(int width, int height) : width_(width), height_(height) {
  if (width < 16 || height < 16 || width > 8192 || height > 8192) {
    throw Error(ErrorCode::invalid_argument, "[render] pictures are from 16 to 8192 pixels wide and high");
  }
  canvas_ = std::make_unique<Canvas>(width, height);
}

Renderer::~Renderer() = default;

JointPlaces Renderer::draw(const ClipPlan& plan, double t, std::span<std::uint8_t> rgb) {
  cairo_t* context = canvas_->context();
  const double aspect = static_cast<double>(width_) / height_;
  JointPlaces places{};
  cairo_identity_matrix(context);
  {
    const Saved saved(context);
    Brush brush(context);
    cairo_scale(context, height_, height_);
    look_at(context, plan.scene, aspect, t);

    // A person who goes somewhere is followed for most of the way.
    const ActionDraws& action = plan.action;
    const double speed = speed_of(plan.phrase, action) * action.height;
    const double total = std::min(action.max_distance, speed * action.duration_s);
    const double way = action.facing * (speed - total / action.duration_s) * t;
    draw_background(brush, plan.scene, aspect, plan.person ? way : 0, t);

    if (plan.person) {
      const double moved = speed > 0 ? action.facing * (total * t / action.duration_s - total / 2) : 0;
      cairo_translate(context, aspect / 2 + plan.x0 + moved, plan.scene.ground_y);
      cairo_scale(context, action.height * action.facing, -action.height);
      const Pose pose = pose_of(plan.phrase, action, t);
      const Joints joints = solved(pose);
      draw_person(brush, plan.look, pose, joints);

      cairo_matrix_t matrix;
      cairo_get_matrix(context, &matrix);
      const std::array<Point, 11> points{joints.head,    joints.neck,    joints.hip,     joints.elbow[0],
                                         joints.elbow[1], joints.hand[0], joints.hand[1], joints.knee[0],
                                         joints.knee[1],  joints.ankle[0], joints.ankle[1]};
      for (std::size_t i = 0; i < points.size(); ++i) {
        places[i] = (1.0 / height_) * through(matrix, points[i] + Point{pose.x, 0});
      }
    }
  }
  canvas_->copy_to(width_, height_, rgb);
  light(plan, t, rgb);
  return places;
}

void Renderer::draw_prop(const ClipPlan& plan, std::size_t prop, std::span<std::uint8_t> rgb) {
  cairo_t* context = canvas_->context();
  const double aspect = static_cast<double>(width_) / height_;
  cairo_identity_matrix(context);
  {
    const Saved saved(context);
    Brush brush(context);
    cairo_scale(context, height_, height_);
    look_at(context, plan.scene, aspect, 0);
    draw_background(brush, plan.scene, aspect, 0, 0);
    cairo_translate(context, aspect / 2 + plan.x0, plan.scene.ground_y);
    cairo_scale(context, plan.action.height * plan.action.facing, -plan.action.height);
    draw_named_prop(brush, prop % kProps.size(), plan.action.props[0]);
  }
  canvas_->copy_to(width_, height_, rgb);
  light(plan, 0, rgb);
}

void Renderer::light(const ClipPlan& plan, double t, std::span<std::uint8_t> rgb) {
  const Scene& scene = plan.scene;
  const auto shift = static_cast<float>(127.5 - 127.5 * scene.gain + scene.bias);
  const auto gain = static_cast<float>(scene.gain);
  const auto sigma = static_cast<float>(scene.noise);
  Random random({plan.noise_key, static_cast<std::uint64_t>(std::llround(t * 1e6))});
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < rgb.size(); ++i) {
    float value = gain * static_cast<float>(rgb[i]) + shift;
    if (sigma > 0) {
      // The sum of eight 4-bit numbers is near enough to a normal distribution: mean 60, variance 8 * 21.25.
      if (i % 2 == 0) bits = random.next();
      const std::uint64_t part = i % 2 == 0 ? bits & 0xFFFFFFFF : bits >> 32;
      std::uint64_t sum = (part & 0x0F0F0F0F) + (part >> 4 & 0x0F0F0F0F);
      sum = (sum * 0x01010101 >> 24) & 0xFF;
      value += sigma * (static_cast<float>(sum) - 60) * 0.0767F;
    }
    rgb[i] = static_cast<std::uint8_t>(std::clamp(value + 0.5F, 0.0F, 255.0F));
  }
}

class Reducer::Impl {
 public:
  Corner reduce(std::span<const std::uint8_t> rgb, std::span<std::uint8_t> out, const Square& square) {
    FrameView view;
    view.format = PixelFormat::rgb;
    view.width = kSmallWidth;
    view.height = kSmallHeight;
    view.planes[0] = rgb.data();
    view.strides[0] = 3 * kSmallWidth;
    const Size source{kSmallWidth, kSmallHeight};
    const Size target = short_side_size(source, square.short_side);
    Box window = center_crop(target, kInputSize, CropOffset::half_even);
    const auto moved = [](int room, double place) { return static_cast<int>(std::lround(room * place)); };
    const int x = square.x == .5 ? window.x1 : moved(target.width - kInputSize, square.x);
    const int y = square.y == .5 ? window.y1 : moved(target.height - kInputSize, square.y);
    window = {x, y, x + kInputSize, y + kInputSize};
    values_.resize(out.size());
    resizer_.resize(view, {ResizeRule::antialias_bilinear, source, target, window}, std::span(values_));
    std::transform(values_.begin(), values_.end(), out.begin(), [](float value) {
      return static_cast<std::uint8_t>(std::clamp(std::lrint(value), 0L, 255L));
    });
    return {x, y};
  }

 private:
  Resizer resizer_;
  std::vector<float> values_;
};

Reducer::Reducer() : impl_(std::make_unique<Impl>()) {}
Reducer::~Reducer() = default;
Corner Reducer::reduce(std::span<const std::uint8_t> rgb, std::span<std::uint8_t> out, const Square& square) {
  return impl_->reduce(rgb, out, square);
}

}  // namespace vifi::train::mini
