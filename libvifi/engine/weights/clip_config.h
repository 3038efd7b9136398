#pragma once

#include <cstdint>
#include <string_view>

#include "export.h"

namespace vifi {

enum class Activation {
  quick_gelu,  ///< x * sigmoid(1.702 x)
  gelu,        ///< exact, with erf
  gelu_tanh,   ///< the tanh approximation
};

/// The token whose row is the text's feature.
enum class TextPool {
  argmax,     ///< first position of the highest id in the row
  first_eos,  ///< first position of `eos_id`
  last,       ///< the last position of the context, whatever it holds
};

/// "quick_gelu", "gelu", "gelu_tanh".
VIFI_ENGINE_API std::string_view name_of(Activation activation) noexcept;
/// @throws Error(invalid_argument) naming the choices
VIFI_ENGINE_API Activation activation_from(std::string_view name);

/// One transformer.
struct TowerConfig {
  std::int64_t width = 0;
  std::int64_t layers = 0;
  std::int64_t heads = 0;
  std::int64_t mlp_width = 0;
  Activation activation = Activation::quick_gelu;
  double layer_norm_eps = 1e-5;

  bool operator==(const TowerConfig&) const = default;
};

/// The architecture of a CLIP with a vision transformer.
struct ClipConfig {
  std::int64_t image_height = 0;  ///< pixels
  std::int64_t image_width = 0;
  std::int64_t patch_size = 0;
  std::int64_t embed_dim = 0;       ///< E
  std::int64_t context_length = 0;  ///< L
  std::int64_t vocab_size = 0;
  TowerConfig vision;
  TowerConfig text;
  TextPool text_pool = TextPool::argmax;
  bool text_causal = true;  ///< false: every position attends to all, padding included
  std::int64_t eos_id = -1;  ///< for TextPool::first_eos

  std::int64_t patch_rows() const noexcept { return image_height / patch_size; }
  std::int64_t patch_columns() const noexcept { return image_width / patch_size; }

  bool operator==(const ClipConfig&) const = default;
};

}  // namespace vifi
