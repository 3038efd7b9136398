#include "clip/autocast.h"

#include <ATen/autocast_mode.h>

namespace vifi {

namespace autocast = at::autocast;

Autocast::Autocast(c10::DeviceType device, std::optional<c10::ScalarType> type) : device_(device), enabled_(type.has_value()) {
  if (enabled_) {
    was_enabled_ = autocast::is_autocast_enabled(device_);
    former_type_ = autocast::get_autocast_dtype(device_);
    autocast::set_autocast_enabled(device_, true);
    autocast::set_autocast_dtype(device_, *type);
    autocast::increment_nesting();
  }
}

Autocast::~Autocast() {
  if (enabled_) {
    if (autocast::decrement_nesting() == 0) {
      autocast::clear_cache();  // of converted weights, which the next step changes
    }
    autocast::set_autocast_enabled(device_, was_enabled_);
    autocast::set_autocast_dtype(device_, former_type_);
  }
}

std::optional<c10::ScalarType> Autocast::type_on(c10::DeviceType device) {
  return autocast::is_autocast_enabled(device) ? std::optional(autocast::get_autocast_dtype(device)) : std::nullopt;
}

}  // namespace vifi
