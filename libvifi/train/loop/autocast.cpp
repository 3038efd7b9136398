#include "loop/autocast.h"

#include <ATen/autocast_mode.h>

namespace vifi::train {

Autocast::Autocast(Arithmetic arithmetic) : enabled_(arithmetic != Arithmetic::fp32) {
  if (enabled_) {
    was_enabled_ = at::autocast::is_autocast_enabled(at::kCPU);
    former_type_ = at::autocast::get_autocast_dtype(at::kCPU);
    at::autocast::set_autocast_enabled(at::kCPU, true);
    at::autocast::set_autocast_dtype(at::kCPU, arithmetic == Arithmetic::bf16 ? at::kBFloat16 : at::kHalf);
    at::autocast::increment_nesting();
  }
}

Autocast::~Autocast() {
  if (enabled_) {
    if (at::autocast::decrement_nesting() == 0) {
      at::autocast::clear_cache();  // of converted weights, which the next step changes
    }
    at::autocast::set_autocast_enabled(at::kCPU, was_enabled_);
    at::autocast::set_autocast_dtype(at::kCPU, former_type_);
  }
}

}  // namespace vifi::train
