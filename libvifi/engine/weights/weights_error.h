#pragma once

#include <string>
#include <string_view>

#include "export.h"
#include "vifi/error.h"

namespace vifi {

/// Why a parameter file was refused. When several apply, the first of this order is reported.
enum class WeightsErrorKind {
  not_found,         ///< the path, the weights of a folder or a shard does not exist
  unsafe_path,       ///< a shard name is absolute or leaves the folder
  truncated,         ///< the file ends before what it declares
  corrupt,           ///< contradictory content
  forbidden_pickle,  ///< the pickle calls something outside the allow list
  unsupported,       ///< recognisable, but nothing this build reads
  missing_tensor,    ///< the model needs a tensor that is not there
  shape_mismatch,    ///< a tensor does not fit the configuration or its neighbours
  non_finite,        ///< NaN or Inf in a weight
};

/// The stable name of a kind ("not_found", …).
VIFI_ENGINE_API std::string_view name_of(WeightsErrorKind kind) noexcept;

/// A parameter file that cannot be used. `code()` is the nearest of the library's own codes.
class VIFI_ENGINE_API WeightsError : public Error {
 public:
  /// @param message  without the operation: "[load checkpoint] " is put before it
  WeightsError(WeightsErrorKind kind, const std::string& message, std::string hint = {});
  ~WeightsError() override;

  WeightsErrorKind kind() const noexcept { return kind_; }

 private:
  WeightsErrorKind kind_;
};

}  // namespace vifi
