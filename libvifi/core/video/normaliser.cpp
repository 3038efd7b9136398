#include "video/normaliser.h"

namespace vifi {

Normaliser::Normaliser(const std::array<float, 3>& mean, const std::array<float, 3>& std) {
  for (std::size_t c = 0; c < 3; ++c) {
    factor_[c] = static_cast<float>(1 / (255.0 * std[c]));
    offset_[c] = static_cast<float>(-static_cast<double>(mean[c]) / std[c]);
    for (int value = 0; value < 256; ++value) {
      table_[c][value] = static_cast<float>((value / 255.0 - mean[c]) / std[c]);
    }
  }
}

void Normaliser::apply(std::span<const std::uint8_t> pixels, std::span<float> out) const {
  const std::size_t count = pixels.size() / 3;
  for (std::size_t c = 0; c < 3; ++c) {
    const std::array<float, 256>& table = table_[c];
    for (std::size_t i = c * count; i < (c + 1) * count; ++i) {
      out[i] = table[pixels[i]];
    }
  }
}

void Normaliser::apply(std::span<float> pixels) const {
  const std::size_t count = pixels.size() / 3;
  for (std::size_t c = 0; c < 3; ++c) {
    for (std::size_t i = c * count; i < (c + 1) * count; ++i) {
      pixels[i] = pixels[i] * factor_[c] + offset_[c];
    }
  }
}

}  // namespace vifi
