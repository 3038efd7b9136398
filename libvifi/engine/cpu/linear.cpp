#include "cpu/linear.h"

#include <ATen/core/List.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/zeros.h>
#include <c10/core/Scalar.h>
#include <c10/util/Exception.h>

#include "clip/tensors.h"
#include "cpu/amx_available.h"
#include "cpu/amx_linear.h"
#include "cpu/avx512_linear.h"
#include "cpu/choose_kernels.h"

namespace vifi {
namespace {

using at::Tensor;

// Internal operators of libtorch (2.6 to 2.15 have them with this signature), reached through the dispatcher because
// no header declares them and oneDNN's own symbols are hidden.
using Reorder = Tensor(const Tensor& weight, std::optional<std::int64_t> batch);
using Pointwise = Tensor(const Tensor& x, const Tensor& weight, const std::optional<Tensor>& bias,
                         c10::string_view after, c10::List<std::optional<at::Scalar>> scalars,
                         std::optional<c10::string_view> algorithm);

template <typename Signature>
std::optional<c10::TypedOperatorHandle<Signature>> find_operator(const char* name) {
  try {
    if (auto handle = c10::Dispatcher::singleton().findSchema({name, ""})) {
      return handle->typed<Signature>();
    }
  } catch (const c10::Error&) {
    // another signature: as good as absent
  }
  return std::nullopt;
}

const auto& reorder_weight() {
  static const auto handle = find_operator<Reorder>("mkldnn::_reorder_linear_weight");
  return handle;
}

const auto& pointwise() {
  static const auto handle = find_operator<Pointwise>("mkldnn::_linear_pointwise");
  return handle;
}

Tensor packed_product(const Tensor& x, const Tensor& weight, const Tensor& bias, Linear::After after) {
  const std::optional<Tensor> optional_bias = bias.defined() ? std::optional<Tensor>(bias) : std::nullopt;
  const c10::List<std::optional<at::Scalar>> no_scalars;
  const auto call = [&](c10::string_view name, std::optional<c10::string_view> algorithm) {
    return pointwise()->call(x, weight, optional_bias, name, no_scalars, algorithm);
  };
  switch (after) {
    case Linear::After::nothing: return call("none", std::nullopt);
    case Linear::After::silu: return call("swish", std::nullopt);
    case Linear::After::gelu: return call("gelu", "none");
    case Linear::After::gelu_tanh: return call("gelu", "tanh");
  }
  return {};
}

bool products_run(at::ScalarType dtype) {
  if (!reorder_weight() || !pointwise()) {
    return false;
  }
  try {
    const Tensor ones = at::ones({16, 16}, at::TensorOptions().dtype(dtype));
    const Tensor product = packed_product(ones, reorder_weight()->call(ones, std::nullopt), {}, Linear::After::silu);
    return product.sizes() == ones.sizes();
  } catch (const std::exception&) {
    return false;  // e.g. bf16 without AVX-512
  }
}

}  // namespace

bool packed_products_available(at::ScalarType dtype) {
  static const bool fp32 = products_run(at::kFloat);
  static const bool bf16 = products_run(at::kBFloat16);
  return dtype == at::kFloat ? fp32 : dtype == at::kBFloat16 && bf16;
}

Linear::Linear(const Tensor& weight, const Tensor& bias, at::ScalarType dtype, CpuKernels kernels, After after,
               Packed packed)
    : weight_(owned(weight, dtype)), after_(after), row_kernels_(dtype) {
  packed_ = kernels == CpuKernels::packed && weight_.is_cpu() && packed_products_available(dtype);
  if (kernels == CpuKernels::packed && packed == Packed::best && weight_.is_cpu()) {
    in_tiles_ = dtype == at::kBFloat16 && amx_linear_fits(weight.size(1), weight.size(0)) && amx_available();
    in_panels_ = dtype == at::kFloat && avx512_linear_fits(weight.size(0)) && own_float32_products();
  }
  if (own()) {
    weight_ = in_tiles_ ? amx_packed(weight_) : avx512_packed(weight_);
    bias_ = bias.defined() ? owned(bias, at::kFloat) : at::zeros({weight.size(0)}, at::TensorOptions().dtype(at::kFloat));
    return;
  }
  if (bias.defined()) {
    bias_ = owned(bias, dtype);
  }
  if (packed_) {
    weight_ = reorder_weight()->call(weight_, std::nullopt);
  }
}

Tensor Linear::operator()(const Tensor& x) const {
  if (in_tiles_) {
    return ordered(x, x.size(0), RowOrder::rows, RowOrder::rows);
  }
  if (in_panels_) {
    return avx512_linear(x, weight_, bias_, after_);
  }
  if (packed_) {
    if (after_ == After::silu && row_kernels_.vectorised()) {  // oneDNN's slows the product by a third or more in bf16
      const Tensor y = packed_product(x, weight_, bias_, After::nothing);
      row_kernels_.silu(y);
      return y;
    }
    return packed_product(x, weight_, bias_, after_);
  }
  Tensor y = at::linear(x, weight_, bias_);
  switch (after_) {
    case After::nothing: return y;
    case After::silu: return at::silu_(y);
    case After::gelu: return at::gelu_(y);
    case After::gelu_tanh: return at::gelu_(y, "tanh");
  }
  return y;
}

Tensor Linear::ordered(const Tensor& x, std::int64_t rows, RowOrder in, RowOrder out) const {
  return amx_linear(x, weight_, bias_, {.rows = rows, .in = in, .out = out, .after = after_});
}

}  // namespace vifi
