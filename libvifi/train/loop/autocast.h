#pragma once

#include <c10/core/ScalarType.h>

#include "vifi/export.h"

namespace vifi::train {

enum class Arithmetic {
  fp32,
  bf16,  ///< matrix products alone (autocast); parameters and losses stay float32
  fp16,  ///< the same, and the loss is scaled so that small gradients survive
};

/// While it lives, matrix products of this thread take their factors as `arithmetic` says; parameters and gradients stay
/// float32.
class VIFI_API Autocast {
 public:
  explicit Autocast(Arithmetic arithmetic);
  ~Autocast();
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  bool enabled_;
  bool was_enabled_ = false;
  c10::ScalarType former_type_ = c10::ScalarType::BFloat16;
};

}  // namespace vifi::train
