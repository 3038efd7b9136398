#include "cpu/avx512.h"

#include "cpu/row_kernels.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/_softmax.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/silu.h>

namespace vifi {
namespace {

using at::Tensor;

constexpr std::int64_t kGrain = 32 << 10;  // values that are worth a thread

#if defined(__x86_64__)

using avx512::Bf16;
using avx512::first_lanes;

/// y += x where there is an x; out = norm(y). One row. @param step  between columns of `out` that are 32 apart
template <typename T>
VIFI_AVX512 void norm_row(T* y, const T* x, const T* weight, const T* bias, std::int64_t width, float eps, T* out,
                          std::int64_t step) {
  __m512 sum = _mm512_setzero_ps(), squares = sum;
  for (std::int64_t i = 0; i < width; i += 16) {
    const __mmask16 lanes = first_lanes(width - i);
    __m512 values = avx512::load(y + i, lanes);
    if (x != nullptr) {
      avx512::store(y + i, lanes, _mm512_add_ps(values, avx512::load(x + i, lanes)));
      values = avx512::load(y + i, lanes);  // as it was rounded
    }
    sum = _mm512_add_ps(sum, values);
  }
  const float mean = _mm512_reduce_add_ps(sum) / static_cast<float>(width);
  const __m512 center = _mm512_set1_ps(mean);
  for (std::int64_t i = 0; i < width; i += 16) {
    const __mmask16 lanes = first_lanes(width - i);
    const __m512 off = _mm512_maskz_sub_ps(lanes, avx512::load(y + i, lanes), center);
    squares = _mm512_fmadd_ps(off, off, squares);
  }
  const float variance = _mm512_reduce_add_ps(squares) / static_cast<float>(width);
  const __m512 scale = _mm512_set1_ps(1.0F / std::sqrt(variance + eps));
  for (std::int64_t i = 0; i < width; i += 16) {
    const __mmask16 lanes = first_lanes(width - i);
    const __m512 normal = _mm512_mul_ps(_mm512_sub_ps(avx512::load(y + i, lanes), center), scale);
    avx512::store(out + i / RowLayout::kSide * step + i % RowLayout::kSide, lanes,
                  _mm512_fmadd_ps(normal, avx512::load(weight + i, lanes), avx512::load(bias + i, lanes)));
  }
}

template <typename T>
VIFI_AVX512 void add_values(T* y, const T* x, std::int64_t count) {
  for (std::int64_t i = 0; i < count; i += 16) {
    const __mmask16 lanes = first_lanes(count - i);
    avx512::store(y + i, lanes, _mm512_add_ps(avx512::load(y + i, lanes), avx512::load(x + i, lanes)));
  }
}

template <typename T>
VIFI_AVX512 void silu_values(T* x, std::int64_t count) {
  for (std::int64_t i = 0; i < count; i += 16) {
    const __mmask16 lanes = first_lanes(count - i);
    avx512::store(x + i, lanes, avx512::silu(avx512::load(x + i, lanes)));
  }
}

template <typename T>
VIFI_AVX512 void softmax_row(T* x, std::int64_t count) {
  const __m512 lowest = _mm512_set1_ps(-std::numeric_limits<float>::infinity());
  __m512 most = lowest;
  for (std::int64_t i = 0; i < count; i += 16) {
    const __mmask16 lanes = first_lanes(count - i);
    most = _mm512_mask_max_ps(most, lanes, most, avx512::load(x + i, lanes));
  }
  const __m512 highest = _mm512_set1_ps(_mm512_reduce_max_ps(most));
  __m512 sum = _mm512_setzero_ps();
  for (std::int64_t i = 0; i < count; i += 16) {
    const __mmask16 lanes = first_lanes(count - i);
    const __m512 share = avx512::exponential(_mm512_sub_ps(avx512::load(x + i, lanes), highest));
    sum = _mm512_mask_add_ps(sum, lanes, sum, share);
    avx512::store(x + i, lanes, share);
  }
  const __m512 scale = _mm512_set1_ps(1.0F / _mm512_reduce_add_ps(sum));
  for (std::int64_t i = 0; i < count; i += 16) {
    const __mmask16 lanes = first_lanes(count - i);
    avx512::store(x + i, lanes, _mm512_mul_ps(avx512::load(x + i, lanes), scale));
  }
}

template <typename T>
T* data(const Tensor& tensor) {
  return static_cast<T*>(tensor.mutable_data_ptr());
}

/// Calls `work` with a null pointer of the type that the tensor's values have.
template <typename Work>
void of_type(const Tensor& tensor, const Work& work) {
  if (tensor.scalar_type() == at::kFloat) {
    work(static_cast<float*>(nullptr));
  } else {
    work(static_cast<Bf16*>(nullptr));
  }
}
template <typename Pointer>
using Pointed = std::remove_pointer_t<Pointer>;

bool runs(at::ScalarType dtype) {
  return dtype == at::kFloat ? avx512::available() : dtype == at::kBFloat16 && avx512::available_for_bf16();
}

Tensor fast_norm(const Tensor& y, const Tensor& x, const Tensor& weight, const Tensor& bias, double eps, RowOrder order) {
  const std::int64_t width = y.size(-1), rows = y.numel() / width;
  const RowLayout layout{width, order};
  Tensor out = order == RowOrder::rows ? at::empty_like(y) : at::empty(layout.tile_sizes(rows), y.options());
  of_type(y, [&](auto* type) {
    using T = Pointed<decltype(type)>;
    at::parallel_for(0, rows, std::max<std::int64_t>(1, kGrain / width), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t row = begin; row < end; ++row) {
        norm_row(data<T>(y) + row * width, x.defined() ? data<T>(x) + row * width : nullptr, data<T>(weight),
                 data<T>(bias), width, static_cast<float>(eps), data<T>(out) + layout.offset(row, 0), layout.column_step());
      }
    });
  });
  return out;
}

void fast_add(const Tensor& y, const Tensor& x) {
  of_type(y, [&](auto* type) {
    using T = Pointed<decltype(type)>;
    at::parallel_for(0, y.numel(), kGrain, [&](std::int64_t begin, std::int64_t end) {
      add_values(data<T>(y) + begin, data<T>(x) + begin, end - begin);
    });
  });
}

void fast_silu(const Tensor& x) {
  of_type(x, [&](auto* type) {
    using T = Pointed<decltype(type)>;
    at::parallel_for(0, x.numel(), kGrain,
                     [&](std::int64_t begin, std::int64_t end) { silu_values(data<T>(x) + begin, end - begin); });
  });
}

void fast_softmax(const Tensor& x) {
  const std::int64_t count = x.size(-1);
  of_type(x, [&](auto* type) {
    using T = Pointed<decltype(type)>;
    at::parallel_for(0, x.numel() / count, std::max<std::int64_t>(1, kGrain / count), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t row = begin; row < end; ++row) {
        softmax_row(data<T>(x) + row * count, count);
      }
    });
  });
}

#else

bool runs(at::ScalarType) { return false; }
Tensor fast_norm(const Tensor&, const Tensor&, const Tensor&, const Tensor&, double, RowOrder) { return {}; }
void fast_add(const Tensor&, const Tensor&) {}
void fast_silu(const Tensor&) {}
void fast_softmax(const Tensor&) {}

#endif

}  // namespace

bool RowKernels::available(at::ScalarType dtype) { return runs(dtype); }

Tensor RowKernels::norm(const Tensor& x, const Tensor& weight, const Tensor& bias, double eps,
                        RowOrder order) const {
  return vectorised_ ? fast_norm(x, {}, weight, bias, eps, order) : at::layer_norm(x, {x.size(-1)}, weight, bias, eps);
}

Tensor RowKernels::add_and_norm(const Tensor& y, const Tensor& x, const Tensor& weight, const Tensor& bias,
                                double eps, RowOrder order) const {
  if (vectorised_) {
    return fast_norm(y, x, weight, bias, eps, order);
  }
  y.add_(x);
  return norm(y, weight, bias, eps);
}

void RowKernels::add(const Tensor& y, const Tensor& x) const {
  if (vectorised_) {
    fast_add(y, x);
  } else {
    y.add_(x);
  }
}

void RowKernels::silu(const Tensor& x) const {
  if (vectorised_) {
    fast_silu(x);
  } else {
    x.copy_(at::silu(x));
  }
}

void RowKernels::softmax(const Tensor& x) const {
  if (vectorised_) {
    fast_softmax(x);
  } else {
    x.copy_(at::_softmax(x, /*dim=*/-1, /*half_to_float=*/false));
  }
}

}  // namespace vifi
