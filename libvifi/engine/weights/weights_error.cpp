#include "weights/weights_error.h"

#include <utility>

namespace vifi {
namespace {

ErrorCode code_of(WeightsErrorKind kind) noexcept {
  switch (kind) {
    case WeightsErrorKind::not_found:
      return ErrorCode::not_found;
    case WeightsErrorKind::forbidden_pickle:
    case WeightsErrorKind::unsupported:
      return ErrorCode::unsupported;
    case WeightsErrorKind::unsafe_path:
    case WeightsErrorKind::truncated:
    case WeightsErrorKind::corrupt:
    case WeightsErrorKind::missing_tensor:
    case WeightsErrorKind::shape_mismatch:
    case WeightsErrorKind::non_finite:
      return ErrorCode::corrupt;
  }
  return ErrorCode::internal;
}

}  // namespace

std::string_view name_of(WeightsErrorKind kind) noexcept {
  switch (kind) {
    case WeightsErrorKind::not_found:
      return "not_found";
    case WeightsErrorKind::unsafe_path:
      return "unsafe_path";
    case WeightsErrorKind::truncated:
      return "truncated";
    case WeightsErrorKind::corrupt:
      return "corrupt";
    case WeightsErrorKind::forbidden_pickle:
      return "forbidden_pickle";
    case WeightsErrorKind::unsupported:
      return "unsupported";
    case WeightsErrorKind::missing_tensor:
      return "missing_tensor";
    case WeightsErrorKind::shape_mismatch:
      return "shape_mismatch";
    case WeightsErrorKind::non_finite:
      return "non_finite";
  }
  return "unknown";
}

WeightsError::WeightsError(WeightsErrorKind kind, const std::string& message, std::string hint)
    : Error(code_of(kind), "[load checkpoint] " + message, std::move(hint)), kind_(kind) {}

WeightsError::~WeightsError() = default;

}  // namespace vifi
