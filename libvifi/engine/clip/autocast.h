#pragma once

#include <optional>

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include "export.h"

namespace vifi {

/// While it lives, matrix products of this thread take their factors as another type (autocast); parameters and
/// gradients stay float32.
class VIFI_ENGINE_API Autocast {
 public:
  /// @param type  none: nothing changes
  Autocast(c10::DeviceType device, std::optional<c10::ScalarType> type);
  ~Autocast();
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

  /// What is in force on this thread.
  static std::optional<c10::ScalarType> type_on(c10::DeviceType device);

 private:
  c10::DeviceType device_;
  bool enabled_;
  bool was_enabled_ = false;
  c10::ScalarType former_type_ = c10::ScalarType::BFloat16;
};

}  // namespace vifi
