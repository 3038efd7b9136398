#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "weights/checkpoint.h"
#include "weights/layout.h"

namespace vifi {

/// A tensor a model needs, under its canonical name.
struct ExpectedTensor {
  std::string name;
  std::vector<std::int64_t> shape;
};

/// Where a canonical tensor comes from.
using SourceOf = std::function<Source(const std::string& canonical)>;

/// Makes the canonical tensors from stored ones: renames, stacks, transposes, and checks names, shapes and types.
/// Values keep their type. A missing tensor is reported before a wrong one.
/// @param path  of the file, for messages
/// @param used  names of stored tensors that had a place are added
/// @throws WeightsError(missing_tensor, shape_mismatch, unsupported)
TensorMap gather_tensors(const std::string& path, const TensorMap& stored, const std::vector<ExpectedTensor>& expected,
                         const SourceOf& source_of, std::set<std::string>& used);

/// Reads sizes out of stored tensors.
class StoredShapes {
 public:
  /// Both must outlive it.
  StoredShapes(const std::string& path, const TensorMap& tensors) : path_(path), tensors_(tensors) {}

  /// One dimension of a tensor that must have `dimensions` of them.
  /// @throws WeightsError(missing_tensor, shape_mismatch)
  std::int64_t size(const std::string& name, std::int64_t dimensions, std::int64_t dimension) const;

  /// Highest block number + 1 below a prefix such as "transformer.resblocks.".
  /// @throws WeightsError(missing_tensor, unsupported)
  std::int64_t layers(const std::string& prefix) const;

 private:
  const std::string& path_;
  const TensorMap& tensors_;
};

inline constexpr std::int64_t kMostLayers = 128;

/// Side in patches of a square image. @throws WeightsError(unsupported) where `patches` is no square number
std::int64_t square_side(const std::string& path, std::int64_t patches);

/// "first.weight and 3 more"
std::string first_and_count(const std::vector<std::string>& names);

/// "[768, 512]"
std::string shape_text(std::span<const std::int64_t> shape);

}  // namespace vifi
