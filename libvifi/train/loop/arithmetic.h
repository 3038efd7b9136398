#pragma once

#include <optional>

#include <c10/core/ScalarType.h>

namespace vifi::train {

enum class Arithmetic {
  fp32,
  bf16,  ///< matrix products alone (autocast); parameters and losses stay float32
  fp16,  ///< the same, and the loss is scaled so that small gradients survive
};

/// What the factors of products become; none: they stay as they are.
constexpr std::optional<c10::ScalarType> product_type(Arithmetic arithmetic) {
  switch (arithmetic) {
    case Arithmetic::fp32: return std::nullopt;
    case Arithmetic::bf16: return c10::ScalarType::BFloat16;
    case Arithmetic::fp16: return c10::ScalarType::Half;
  }
  return std::nullopt;
}

}  // namespace vifi::train
