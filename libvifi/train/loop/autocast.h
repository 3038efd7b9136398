#pragma once

#include <c10/core/ScalarType.h>

namespace vifi::train {

/// While it lives, matrix products of this thread take their factors in bf16; parameters and gradients stay float32.
class AutocastBf16 {
 public:
  explicit AutocastBf16(bool enabled);
  ~AutocastBf16();
  AutocastBf16(const AutocastBf16&) = delete;
  AutocastBf16& operator=(const AutocastBf16&) = delete;

 private:
  bool enabled_;
  bool was_enabled_ = false;
  c10::ScalarType former_type_ = c10::ScalarType::BFloat16;
};

}  // namespace vifi::train
