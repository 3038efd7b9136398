#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <ATen/core/Tensor.h>

namespace vifi {

/// Bytes of a mapped file that hold the elements of one or more tensors.
struct StoredBytes {
  std::shared_ptr<const void> owner;  ///< keeps `bytes` alive
  std::span<std::byte> bytes;
};

/// The product of a shape's dimensions; nothing where one is negative or the product exceeds 63 bits.
std::optional<std::int64_t> element_count(std::span<const std::int64_t> shape) noexcept;

/// The bytes themselves where they are aligned for elements of `item_size`, else an aligned copy.
StoredBytes aligned(const StoredBytes& stored, std::size_t item_size);

/// A tensor over `stored`, which must be aligned and cover the shape, strides and offset (in elements).
at::Tensor view_of(const StoredBytes& stored, at::ScalarType dtype, const std::vector<std::int64_t>& shape,
                   const std::vector<std::int64_t>& strides, std::int64_t offset);

/// Strides of a row-major tensor.
std::vector<std::int64_t> row_major_strides(std::span<const std::int64_t> shape);

}  // namespace vifi
