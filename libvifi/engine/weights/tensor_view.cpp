#include "weights/tensor_view.h"

#include <algorithm>
#include <cstring>
#include <new>

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

namespace vifi {

std::optional<std::int64_t> element_count(std::span<const std::int64_t> shape) noexcept {
  bool overflow = false;
  bool empty = false;
  std::int64_t count = 1;
  for (const std::int64_t size : shape) {
    if (size < 0) {
      return std::nullopt;
    }
    empty |= size == 0;
    overflow |= __builtin_mul_overflow(count, std::max<std::int64_t>(size, 1), &count);
  }
  if (overflow) {
    return std::nullopt;
  }
  return empty ? 0 : count;
}

StoredBytes aligned(const StoredBytes& stored, std::size_t item_size) {
  if (reinterpret_cast<std::uintptr_t>(stored.bytes.data()) % item_size == 0) {
    return stored;
  }
  std::shared_ptr<std::byte[]> copy(new std::byte[stored.bytes.size()]);
  std::memcpy(copy.get(), stored.bytes.data(), stored.bytes.size());
  const std::span<std::byte> bytes(copy.get(), stored.bytes.size());
  return {std::move(copy), bytes};
}

at::Tensor view_of(const StoredBytes& stored, at::ScalarType dtype, const std::vector<std::int64_t>& shape,
                   const std::vector<std::int64_t>& strides, std::int64_t offset) {
  const at::TensorOptions options = at::TensorOptions().dtype(dtype);
  if (element_count(shape) == 0) {
    return at::empty(shape, options);
  }
  std::byte* first = stored.bytes.data() + static_cast<std::size_t>(offset) * c10::elementSize(dtype);
  return at::from_blob(first, shape, strides, [owner = stored.owner](void*) {}, options);
}

std::vector<std::int64_t> row_major_strides(std::span<const std::int64_t> shape) {
  std::vector<std::int64_t> strides(shape.size());
  std::int64_t stride = 1;
  for (std::size_t i = shape.size(); i-- > 0;) {
    strides[i] = stride;
    stride *= std::max<std::int64_t>(shape[i], 1);
  }
  return strides;
}

}  // namespace vifi
