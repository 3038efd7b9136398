#include "video/color_jitter.h"

#include <algorithm>
#include <cmath>

namespace vifi {
namespace {

struct Rgb {
  int red, green, blue;
};

int luma(const Rgb& pixel) { return (19595 * pixel.red + 38470 * pixel.green + 7471 * pixel.blue + 32768) >> 16; }

class Pixels {
 public:
  explicit Pixels(std::span<std::uint8_t> planes) : planes_(planes), count_(planes.size() / 3) {}

  std::size_t count() const { return count_; }
  Rgb get(std::size_t i) const { return {planes_[i], planes_[count_ + i], planes_[2 * count_ + i]}; }
  void set(std::size_t i, const Rgb& pixel) {
    planes_[i] = static_cast<std::uint8_t>(pixel.red);
    planes_[count_ + i] = static_cast<std::uint8_t>(pixel.green);
    planes_[2 * count_ + i] = static_cast<std::uint8_t>(pixel.blue);
  }

  template <typename Change>
  void change_each(Change change) {
    for (std::size_t i = 0; i < count_; ++i) {
      set(i, change(get(i)));
    }
  }

 private:
  std::span<std::uint8_t> planes_;
  std::size_t count_;
};

// From a (factor 0) over b (factor 1) and beyond, cut off toward zero as Pillow does.
int blend(int a, int b, float factor) {
  if (factor == 0) return a;
  if (factor == 1) return b;
  const float value = static_cast<float>(a) + factor * static_cast<float>(b - a);
  return static_cast<int>(std::clamp(value, 0.0F, 255.0F));
}

Rgb blend(int a, const Rgb& b, float factor) {
  return {blend(a, b.red, factor), blend(a, b.green, factor), blend(a, b.blue, factor)};
}

int mean_luma(const Pixels& pixels) {
  double sum = 0;
  for (std::size_t i = 0; i < pixels.count(); ++i) {
    sum += luma(pixels.get(i));
  }
  return static_cast<int>(sum / static_cast<double>(std::max<std::size_t>(pixels.count(), 1)) + 0.5);
}

struct Hsv {
  int hue, saturation, value;  // 0..255 each
};

Hsv to_hsv(const Rgb& pixel) {
  const int largest = std::max({pixel.red, pixel.green, pixel.blue});
  const int smallest = std::min({pixel.red, pixel.green, pixel.blue});
  if (largest == smallest) {
    return {0, 0, largest};
  }
  const auto range = static_cast<float>(largest - smallest);
  const float red = static_cast<float>(largest - pixel.red) / range;
  const float green = static_cast<float>(largest - pixel.green) / range;
  const float blue = static_cast<float>(largest - pixel.blue) / range;
  float sixths;
  if (pixel.red == largest) {
    sixths = blue - green;
  } else if (pixel.green == largest) {
    sixths = static_cast<float>(2.0 + red - blue);
  } else {
    sixths = static_cast<float>(4.0 + green - red);
  }
  const auto hue = static_cast<float>(std::fmod(sixths / 6.0 + 1.0, 1.0));
  const float saturation = range / static_cast<float>(largest);
  return {static_cast<int>(hue * 255.0), static_cast<int>(saturation * 255.0), largest};
}

Rgb to_rgb(const Hsv& color) {
  const int v = color.value;
  if (color.saturation == 0) {
    return {v, v, v};
  }
  const auto sixths = static_cast<float>(color.hue * 6.0 / 255.0);
  const auto sector = static_cast<int>(std::floor(sixths));
  const float rest = sixths - static_cast<float>(sector);
  const auto saturation = static_cast<float>(color.saturation / 255.0);
  const auto part = [&](double loss) { return static_cast<int>(std::round(v * (1.0 - loss))); };
  const int p = part(saturation);
  const int q = part(saturation * rest);  // a float32 product, unlike the next
  const int t = part(static_cast<double>(saturation) * (1.0 - rest));
  switch (sector % 6) {
    case 0: return {v, t, p};
    case 1: return {q, v, p};
    case 2: return {p, v, t};
    case 3: return {p, q, v};
    case 4: return {t, p, v};
    default: return {v, p, q};
  }
}

}  // namespace

void ColorJitter::apply(std::span<std::uint8_t> planes) const {
  Pixels pixels(planes);
  for (const JitterStep step : order) {
    switch (step) {
      case JitterStep::brightness:
        pixels.change_each([&](const Rgb& pixel) { return blend(0, pixel, brightness); });
        break;
      case JitterStep::contrast: {
        const int gray = mean_luma(pixels);
        pixels.change_each([&](const Rgb& pixel) { return blend(gray, pixel, contrast); });
        break;
      }
      case JitterStep::saturation:
        pixels.change_each([&](const Rgb& pixel) { return blend(luma(pixel), pixel, saturation); });
        break;
      case JitterStep::hue: {
        const int shift = static_cast<int>(hue * 255) & 255;
        pixels.change_each([&](const Rgb& pixel) {
          Hsv color = to_hsv(pixel);
          color.hue = (color.hue + shift) & 255;
          return to_rgb(color);
        });
        break;
      }
    }
  }
}

void make_gray(std::span<std::uint8_t> planes) {
  Pixels(planes).change_each([](const Rgb& pixel) {
    const int gray = luma(pixel);
    return Rgb{gray, gray, gray};
  });
}

}  // namespace vifi
