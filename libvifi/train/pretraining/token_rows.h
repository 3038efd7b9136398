#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "vifi/export.h"

namespace vifi::train {

/// The few tokens of CLIP's vocabulary that a small world's texts are made of, so that only their rows of the token
/// table are trained and stepped. Rows keep the order of the ids: the end token, the highest, stays the highest, which
/// is where a text is read.
class VIFI_API TokenRows {
 public:
  /// @param texts  every word occurs in them
  explicit TokenRows(const std::vector<std::string>& texts);

  std::int64_t size() const noexcept { return std::ssize(ids_); }

  /// The rows of texts' tokens; row 0 pads. @return [P, L], int64
  /// @throws Error(internal) for a text with another token; TextTooLong
  at::Tensor rows_of(const std::vector<std::string>& texts, std::int64_t context_length) const;

  /// The whole table: trained rows at their ids, zeros elsewhere. @param trained  [size(), W]
  at::Tensor whole_table(const at::Tensor& trained) const;

 private:
  std::vector<std::int64_t> ids_;  // ascending; the first is 0, which pads
};

}  // namespace vifi::train
