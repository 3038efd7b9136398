#include "weights/finite.h"

#include <cstdint>

namespace vifi {
namespace {

/// A float is NaN or Inf exactly where all bits of its exponent are set.
template <typename Bits>
bool any_exponent_full(const at::Tensor& tensor, Bits mask) {
  const auto* bits = static_cast<const Bits*>(tensor.const_data_ptr());
  const std::int64_t count = tensor.numel();
  bool found = false;
  for (std::int64_t i = 0; i < count; ++i) {  // without an early exit, so that it is vectorised
    found |= (bits[i] & mask) == mask;
  }
  return found;
}

bool holds_non_finite(const at::Tensor& stored) {
  if (!stored.is_floating_point()) {
    return false;
  }
  const at::Tensor tensor = stored.contiguous();
  switch (tensor.scalar_type()) {
    case at::kDouble:
      return any_exponent_full<std::uint64_t>(tensor, 0x7ff0'0000'0000'0000U);
    case at::kFloat:
      return any_exponent_full<std::uint32_t>(tensor, 0x7f80'0000U);
    case at::kBFloat16:
      return any_exponent_full<std::uint16_t>(tensor, 0x7f80U);
    case at::kHalf:
      return any_exponent_full<std::uint16_t>(tensor, 0x7c00U);
    default:
      return any_exponent_full<std::uint32_t>(tensor.to(at::kFloat), 0x7f80'0000U);
  }
}

}  // namespace

std::vector<std::string> non_finite_tensors(const TensorMap& tensors) {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : tensors) {
    if (holds_non_finite(tensor)) {
      names.push_back(name);
    }
  }
  return names;
}

}  // namespace vifi
