#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "vifi/export.h"

namespace vifi {

enum class ErrorCode {
  not_found,           ///< a file, folder or address does not exist
  unreadable,          ///< it exists but cannot be opened or read
  corrupt,             ///< it was read but its content contradicts itself or its format
  unsupported,         ///< valid, but not something this build can do
  invalid_argument,    ///< the caller's value is out of range or contradictory
  device_unavailable,  ///< the requested device is missing or was lost
  out_of_memory,
  cancelled,  ///< the caller asked to stop
  internal,   ///< a bug of ours
};

/// The stable name of a code ("not_found", …), as machine-readable outputs print it.
VIFI_API std::string_view name_of(ErrorCode code) noexcept;

/// Every failure of the library. GStreamer, command-line and C++ users see the same text.
///
/// `message` reads `[operation] what, which item, expected, got`; `hint` says what to do about it.
class VIFI_API Error : public std::runtime_error {
 public:
  Error(ErrorCode code, std::string message, std::string hint = {});
  ~Error() override;

  ErrorCode code() const noexcept { return code_; }
  const std::string& message() const noexcept { return message_; }
  const std::string& hint() const noexcept { return hint_; }  ///< may be empty

 private:
  ErrorCode code_;
  std::string message_;
  std::string hint_;
};

}  // namespace vifi
