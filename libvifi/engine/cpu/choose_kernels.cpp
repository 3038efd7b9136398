#include "cpu/choose_kernels.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <limits>
#include <utility>
#include <vector>

#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/linspace.h>
#include <c10/core/InferenceMode.h>

#include "clip/cost.h"
#include "clip/tensors.h"
#include "cpu/avx512_linear.h"
#include "cpu/linear.h"
#include "cpu/packed_blocks.h"

namespace vifi {
namespace {

using at::Tensor;

constexpr double kTrialMacs = 3e8;  // some milliseconds on one core
constexpr int kRounds = 5;
constexpr double kClearWin = 0.95;  // of the other's time

double seconds(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

/// Least time of each over interleaved rounds, after one that warms up.
std::pair<double, double> least_times(const std::function<void()>& first, const std::function<void()>& second) {
  first();
  second();
  std::pair least(std::numeric_limits<double>::max(), std::numeric_limits<double>::max());
  for (int round = 0; round < kRounds; ++round) {
    least.first = std::min(least.first, seconds(first));
    least.second = std::min(least.second, seconds(second));
  }
  return least;
}

/// Values in -1..1 without a pattern that a product could hide; the same in every process.
Tensor trial_values(at::IntArrayRef sizes, double step) {
  const std::int64_t count = c10::multiply_integers(sizes);
  return at::linspace(1, static_cast<double>(count), count).mul_(step).sin_().view(sizes);
}

std::atomic<bool> exact_only = false;

const char* const kExact = "highest";
const char* const kOneDnn = "medium";

void set_products(const char* precision) { at::globalContext().setFloat32MatmulPrecision(precision); }

/// Largest error of a product as the process now computes it, relative to the size of its terms' sum.
double product_error(const Tensor& x, const Tensor& y) {
  const Tensor exact = at::bmm(x.to(at::kDouble), y.to(at::kDouble));
  const Tensor size = at::bmm(x.abs().to(at::kDouble), y.abs().to(at::kDouble));
  return ((at::bmm(x, y).to(at::kDouble) - exact).abs() / size).max().item<double>();
}

bool has_amx() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("amx-tile");
#else
  return false;
#endif
}

bool choose_onednn() {
  if (has_amx() || !packed_products_available(at::kFloat)) {
    return false;
  }
  const c10::InferenceMode inference;
  const Tensor queries = trial_values({4, 96, 64}, 0.7), keys = trial_values({4, 64, 96}, 1.3);
  const Tensor x = trial_values({128, 768}, 0.9), weight = trial_values({768, 768}, 1.1);
  set_products(kOneDnn);
  constexpr double kFloatError = 1e-6;  // bfloat16 is off by 1e-3
  const bool exact = product_error(queries, keys) < kFloatError &&
                     product_error(x.unsqueeze(0), weight.t().unsqueeze(0)) < kFloatError;
  const auto timed = [&](const char* precision) {
    return [&, precision] {
      set_products(precision);
      at::linear(x, weight);
    };
  };
  const auto [mkl, onednn] = least_times(timed(kExact), timed(kOneDnn));
  const bool chosen = exact && onednn < kClearWin * mkl;
  set_products(chosen ? kOneDnn : kExact);
  return chosen;
}

bool choose_own_products() {
  if (!avx512_linear_available() || !packed_products_available(at::kFloat)) {
    return avx512_linear_available();
  }
  constexpr std::int64_t kRows = 197, kWidth = 768, kOut = 1024;  // about those of ViT-B/16
  const c10::InferenceMode inference;
  const Tensor x = trial_values({kRows, kWidth}, 0.9), bias = trial_values({kOut}, 0.7);
  std::vector<Tensor> panels;
  std::vector<Linear> linears;
  for (const double step : {1.1, 1.3}) {  // in turn: no core's cache holds both, as none holds a model
    const Tensor weight = trial_values({kOut, kWidth}, step);
    panels.push_back(avx512_packed(weight));
    linears.emplace_back(weight, bias, at::kFloat, CpuKernels::packed, After::nothing, Linear::Packed::onednn);
  }
  const auto all_panels = [&] {
    for (const Tensor& weight : panels) {
      avx512_linear(x, weight, bias);
    }
  };
  const auto all_linears = [&] {
    for (const Linear& linear : linears) {
      linear(x);
    }
  };
  constexpr int kTrials = 3;  // since other programs disturb some
  for (int trial = 0; trial < kTrials; ++trial) {
    const auto [own, onednn] = least_times(all_panels, all_linears);
    if (own * kClearWin < onednn) {
      return true;
    }
  }
  return false;
}

}  // namespace

bool own_float32_products() {
  static const bool chosen = choose_own_products();
  return chosen;
}

bool use_onednn_for_float32() {
  if (exact_only) {
    return false;
  }
  static const bool chosen = choose_onednn();
  return chosen;
}

void keep_float32_exact() {
  exact_only = true;
  set_products(kExact);
}

CpuKernels faster_kernels(const BlockWeights& block, const TowerConfig& config, std::int64_t tokens,
                          at::ScalarType dtype) {
  if (!packed_products_available(dtype) || !build_device().is_cpu()) {
    return CpuKernels::plain;
  }
  const c10::InferenceMode inference;
  TowerConfig one_layer = config;
  one_layer.layers = 1;
  const double macs_per_token = block_macs(one_layer, tokens) / static_cast<double>(tokens);
  const std::int64_t piece = std::clamp<std::int64_t>(static_cast<std::int64_t>(kTrialMacs / macs_per_token), 1, tokens);
  const auto plain = plain_blocks({block}, one_layer, Mask::none, dtype);
  const auto packed = packed_blocks({block}, one_layer, Mask::none, dtype);
  const Tensor x = trial_values({1, piece, config.width}, 0.9).to(dtype);
  const auto [plain_time, packed_time] = least_times([&] { plain->forward(x); }, [&] { packed->forward(x); });
  return packed_time < kClearWin * plain_time ? CpuKernels::packed : CpuKernels::plain;
}

CpuKernels resolved_kernels(CpuKernels wanted, const TensorMap& tensors, const TowerConfig& tower, std::int64_t tokens,
                            at::ScalarType dtype) {
  if (wanted != CpuKernels::automatic || tower.layers == 0) {
    return wanted == CpuKernels::automatic ? CpuKernels::plain : wanted;
  }
  return faster_kernels(block_weights(tensors, "visual.transformer.", 1).front(), tower, tokens, dtype);
}

CpuKernels resolved_kernels(CpuKernels wanted, const ClipWeights& weights, at::ScalarType dtype) {
  const ClipConfig& config = weights.config;
  return resolved_kernels(wanted, weights.tensors, config.vision, 1 + config.patch_rows() * config.patch_columns(), dtype);
}

}  // namespace vifi
