#include "cuda/device_blocks.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include <ATen/ops/empty_like.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linspace.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <c10/core/InferenceMode.h>

#include "clip/tensors.h"
#include "cpu/linear.h"
#include "cuda/kernel_library.h"
#include "vifi/error.h"
#include "vifi/log.h"

namespace vifi {
namespace {

using at::Tensor;

constexpr double kQuickGelu = 1.702;  // x sigmoid(1.702 x) = silu(1.702 x) / 1.702

struct DeviceBlock {
  Tensor ln_1_weight, ln_1_bias, ln_2_weight, ln_2_bias;  // [W], float32
  Linear query_key_value, out, fc, proj;
};

DeviceBlock place(const BlockWeights& weights, const TowerConfig& config, at::ScalarType dtype) {
  const bool quick = config.activation == Activation::quick_gelu;
  const double fold = quick ? kQuickGelu : 1.0;
  const Linear::After after = quick                                        ? Linear::After::silu
                              : config.activation == Activation::gelu_tanh ? Linear::After::gelu_tanh
                                                                           : Linear::After::gelu;
  constexpr CpuKernels kPlain = CpuKernels::plain;
  return {
      .ln_1_weight = owned(weights.ln_1_weight, at::kFloat),
      .ln_1_bias = owned(weights.ln_1_bias, at::kFloat),
      .ln_2_weight = owned(weights.ln_2_weight, at::kFloat),
      .ln_2_bias = owned(weights.ln_2_bias, at::kFloat),
      .query_key_value = Linear(weights.in_proj_weight, weights.in_proj_bias, dtype, kPlain),
      .out = Linear(weights.out_proj_weight, weights.out_proj_bias, dtype, kPlain),
      .fc = Linear(weights.fc_weight.mul(fold), weights.fc_bias.mul(fold), dtype, kPlain, after),
      .proj = Linear(weights.proj_weight.div(fold), weights.proj_bias, dtype, kPlain),
  };
}

cuda::Number number_of(at::ScalarType type) {
  return type == at::kHalf ? cuda::Number::fp16 : type == at::kBFloat16 ? cuda::Number::bf16 : cuda::Number::fp32;
}

class DeviceBlocks final : public Blocks {
 public:
  DeviceBlocks(const std::vector<BlockWeights>& weights, const TowerConfig& config, Mask mask,
               at::ScalarType dtype, const cuda::Kernels* kernels)
      : config_(config), mask_(mask), kernels_(kernels) {
    for (const BlockWeights& block : weights) {
      blocks_.push_back(place(in_float32(block), config, dtype));
    }
  }

  Tensor forward(Tensor x) const override {
    Tensor rows = stream_of(x), delta;  // [B N, W]
    for (const DeviceBlock& block : blocks_) {
      delta = finished(block, rows, attention(block, norm_1(block, rows, delta), x.sizes()));
    }
    return delta.defined() ? rows.add_(delta).view(x.sizes()) : x;
  }

  Tensor forward_rows(Tensor x, const std::vector<std::int64_t>& read) const override {
    Tensor rows = stream_of(x), delta;
    for (const DeviceBlock& block : blocks_) {
      Tensor mixed = attention(block, norm_1(block, rows, delta), x.sizes());  // [B N, W]
      if (&block == &blocks_.back()) {  // what follows works row by row
        rows = pick_rows(rows.view(x.sizes()), read);
        mixed = pick_rows(mixed.view(x.sizes()), read);
        delta = finished(block, rows, mixed);
        return rows.add_(delta).to(at::kFloat);
      }
      delta = finished(block, rows, mixed);
    }
    return pick_rows(x, read).to(at::kFloat);
  }

 private:
  /// The residual stream, which the blocks change in place: a copy, since the caller may still read x.
  Tensor stream_of(const Tensor& x) const { return x.clone().view({-1, config_.width}); }

  Tensor norm_1(const DeviceBlock& block, Tensor& rows, const Tensor& delta) const {
    return add_norm(kernels_, rows, delta, block.ln_1_weight, block.ln_1_bias, config_.layer_norm_eps);
  }

  /// What follows the attention, without the last addition. @param rows  [R, W], the residual stream, changed
  Tensor finished(const DeviceBlock& block, Tensor& rows, const Tensor& mixed) const {
    const Tensor normed = add_norm(kernels_, rows, block.out(mixed), block.ln_2_weight, block.ln_2_bias,
                                   config_.layer_norm_eps);
    return block.proj(block.fc(normed));
  }

  /// @param normed  [B N, W]
  /// @return        [B N, W], before the output projection
  Tensor attention(const DeviceBlock& block, const Tensor& normed, at::IntArrayRef sizes) const {
    const Tensor qkv = block.query_key_value(normed)
                           .view({sizes[0], sizes[1], 3, config_.heads, config_.width / config_.heads})
                           .permute({2, 0, 3, 1, 4});  // [3, B, heads, N, width / heads]
    const Tensor mixed = at::scaled_dot_product_attention(qkv.select(0, 0), qkv.select(0, 1), qkv.select(0, 2), {}, 0.0,
                                                          mask_ == Mask::causal);
    return mixed.transpose(1, 2).reshape(normed.sizes());
  }

  std::vector<DeviceBlock> blocks_;
  TowerConfig config_;
  Mask mask_;
  const cuda::Kernels* kernels_;
};

/// Values without a pattern, the same in every process.
Tensor trial_values(at::IntArrayRef sizes, double step) {
  const std::int64_t count = c10::multiply_integers(sizes);
  return at::linspace(1, static_cast<double>(count), count).mul_(step).sin_().view(sizes);
}

/// Do our kernels compute what libtorch's operators compute?
std::string disagreement(const cuda::Kernels& kernels, at::Device device, at::ScalarType dtype) {
  const c10::InferenceMode inference;
  const auto values = [&](at::IntArrayRef sizes, double step, at::ScalarType type) {
    return trial_values(sizes, step).to(device, type);
  };
  const Tensor x = values({37, 768}, 0.9, dtype), delta = values({37, 768}, 1.7, dtype);
  const Tensor weight = values({768}, 0.3, at::kFloat), bias = values({768}, 1.1, at::kFloat);
  Tensor ours_x = x.clone(), theirs_x = x.clone();
  const Tensor ours = add_norm(&kernels, ours_x, delta, weight, bias, 1e-5);
  const Tensor theirs = add_norm(nullptr, theirs_x, delta, weight, bias, 1e-5);
  const auto largest = [](const Tensor& a, const Tensor& b) {
    return a.to(at::kFloat).sub(b.to(at::kFloat)).abs().max().item<double>();
  };
  const double allowed = dtype == at::kFloat ? 1e-4 : dtype == at::kHalf ? 4e-3 : 3e-2;  // of values up to 4
  const double error = std::max(largest(ours, theirs), largest(ours_x, theirs_x));
  return error <= allowed ? "" : "they are off by " + std::to_string(error);  // NaN is not <=
}

}  // namespace

Tensor add_norm(const cuda::Kernels* kernels, Tensor& x, const Tensor& delta, const Tensor& weight, const Tensor& bias,
                double eps) {
  if (!kernels) {
    if (delta.defined()) {
      x.add_(delta);
    }
    return at::layer_norm(x.to(at::kFloat), weight.sizes(), weight, bias, eps).to(x.scalar_type());
  }
  Tensor y = at::empty_like(x);
  const Tensor added = delta.defined() ? delta.contiguous() : delta;
  const cuda::AddNorm work{
      .type = number_of(x.scalar_type()),
      .x = x.mutable_data_ptr(),
      .delta = added.defined() ? added.const_data_ptr() : nullptr,
      .y = y.mutable_data_ptr(),
      .weight = weight.const_data_ptr<float>(),
      .bias = bias.const_data_ptr<float>(),
      .eps = static_cast<float>(eps),
      .rows = x.size(0),
      .width = static_cast<int>(x.size(1)),
  };
  if (const int error = kernels->add_norm(&work, x.device().index())) {
    throw Error(ErrorCode::device_unavailable, std::string("[encode] ") + x.device().str() + ": " + kernels->error_text(error),
                "the device was lost; start again, or use device=cpu");
  }
  return y;
}

std::unique_ptr<Blocks> device_blocks(const std::vector<BlockWeights>& weights, const TowerConfig& config, Mask mask,
                                      at::ScalarType dtype, const cuda::Kernels* kernels) {
  return std::make_unique<DeviceBlocks>(weights, config, mask, dtype, kernels);
}

std::unique_ptr<Blocks> device_blocks(const std::vector<BlockWeights>& weights, const TowerConfig& config, Mask mask,
                                      at::ScalarType dtype) {
  return device_blocks(weights, config, mask, dtype, trusted_kernels(build_device(), dtype));
}

const cuda::Kernels* trusted_kernels(at::Device device, at::ScalarType dtype) {
  if (!device.is_cuda()) {
    return nullptr;
  }
  static std::mutex mutex;  // protects tried
  static std::map<std::pair<int, at::ScalarType>, const cuda::Kernels*> tried;
  std::lock_guard lock(mutex);
  const std::pair key(static_cast<int>(device.index()), dtype);
  if (const auto found = tried.find(key); found != tried.end()) {
    return found->second;
  }
  const cuda::KernelLibrary& library = cuda::kernel_library();
  std::string problem = library.problem;
  if (library.kernels) {
    try {
      problem = disagreement(*library.kernels, device, dtype);
    } catch (const std::exception& error) {
      problem = error.what();
    }
  }
  if (!problem.empty()) {
    log(LogLevel::warning, "[load model] " + device.str() + " runs without vifi's own kernels: " + problem);
  }
  return tried[key] = problem.empty() ? library.kernels : nullptr;
}

}  // namespace vifi
