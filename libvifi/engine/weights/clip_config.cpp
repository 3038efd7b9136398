#include "weights/clip_config.h"

#include <string>

#include "vifi/error.h"

namespace vifi {

std::string_view name_of(Activation activation) noexcept {
  switch (activation) {
    case Activation::quick_gelu:
      return "quick_gelu";
    case Activation::gelu:
      return "gelu";
    case Activation::gelu_tanh:
      return "gelu_tanh";
  }
  return "unknown";
}

Activation activation_from(std::string_view name) {
  for (const Activation activation : {Activation::quick_gelu, Activation::gelu, Activation::gelu_tanh}) {
    if (name == name_of(activation)) {
      return activation;
    }
  }
  throw Error(ErrorCode::invalid_argument, "[activation] unknown name \"" + std::string(name) + "\"",
              "one of quick_gelu, gelu, gelu_tanh");
}

}  // namespace vifi
