#pragma once

#include <string>
#include <string_view>

#include "vifi/export.h"
#include "vifi/error.h"

namespace vifi::train {

enum class ConfigErrorKind {
  file_not_found,  ///< the file, or one that its BASE names
  malformed,       ///< no YAML, or no tree of sections
  unknown_key,
  type_mismatch,
  odd_opts,        ///< `--opts` without a value for its last key
};

/// "file_not_found", …
VIFI_API std::string_view name_of(ConfigErrorKind kind) noexcept;

/// A configuration that cannot be used.
class VIFI_API ConfigError : public Error {
 public:
  /// @param message  without the operation: "[read configuration] " is put before it
  ConfigError(ConfigErrorKind kind, const std::string& message, std::string hint = {});
  ~ConfigError() override;

  ConfigErrorKind kind() const noexcept { return kind_; }

 private:
  ConfigErrorKind kind_;
};

}  // namespace vifi::train
