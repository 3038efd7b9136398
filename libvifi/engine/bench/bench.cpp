#include "bench/bench.h"

#include <time.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <ATen/ops/cosine_similarity.h>
#include <ATen/ops/empty.h>
#include <c10/core/InferenceMode.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include "bench/random_clip.h"
#include "clip/cost.h"
#include "clip/prompts.h"
#include "clip/tensors.h"
#include "clip/towers.h"
#include "cpu/buffer_pool.h"
#include "cpu/choose_kernels.h"
#include "cpu/linear.h"
#include "device.h"
#include "model_source.h"
#include "vifi/error.h"

namespace vifi {
namespace {

constexpr int kLargestBatch = 256;
constexpr int kFewestRounds = 3;
constexpr int kMostRounds = 200;        // where other programs disturb
constexpr double kShortest = 0.02;      // seconds; shorter calls are repeated within a round: the clock hardly counts
constexpr double kMostRepeats = 1e6;
constexpr std::int64_t kComparedImages = 4;

/// Whose time counts: this thread's processor where it is the only one at work, so that other programs on the machine do
/// not; the wall's otherwise.
clockid_t clock_for(const Placement& placement) {
  return placement.place.is_cpu() && placement.threads == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC;
}

/// Waits for the work that was given to a GPU.
void finish(c10::Device device) {
  if (!device.is_cpu()) {
    c10::impl::VirtualGuardImpl(device.type()).synchronizeDevice(device.index());
  }
}

/// Seconds that `work` takes `repeats` times.
double cost(const std::function<void()>& work, int repeats, const Placement& placement) {
  const clockid_t clock = clock_for(placement);
  timespec begin{}, end{};
  finish(placement.place);
  clock_gettime(clock, &begin);
  for (int repeat = 0; repeat < repeats; ++repeat) {
    work();
  }
  finish(placement.place);
  clock_gettime(clock, &end);
  return static_cast<double>(end.tv_sec - begin.tv_sec) + 1e-9 * static_cast<double>(end.tv_nsec - begin.tv_nsec);
}

/// So many calls that they take `seconds`: found by trying, since a first call tells little.
int repeats_for(const std::function<void()>& work, double seconds, const Placement& placement) {
  work();  // allocates, warms caches
  int repeats = 1;
  for (double taken = 0; (taken = cost(work, repeats, placement)) < seconds;) {
    const double needed = repeats * 1.2 * seconds / std::max(taken, 1e-9);
    repeats = static_cast<int>(std::min({needed + 1, 32.0 * repeats, kMostRepeats}));
    if (repeats >= kMostRepeats) {
      break;
    }
  }
  return repeats;
}

/// Least time of one call of each, over rounds in which every one is run for about as long as the first, so that what
/// disturbs finds all alike. Where the result is not `plausible`, other programs disturbed: up to ten times the time is
/// spent on more rounds.
std::vector<double> least_costs(const std::vector<std::function<void()>>& works, double seconds,
                                const Placement& placement,
                                const std::function<bool(const std::vector<double>&)>& plausible) {
  std::vector<int> repeats{repeats_for(works.front(), kShortest, placement)};
  const double as_long = std::max(kShortest, cost(works.front(), repeats.front(), placement));
  for (std::size_t i = 1; i < works.size(); ++i) {
    repeats.push_back(repeats_for(works[i], as_long, placement));
  }
  std::vector<double> least(works.size(), std::numeric_limits<double>::max());
  const std::chrono::duration<double> span(seconds * static_cast<double>(works.size()));
  const auto begin = std::chrono::steady_clock::now();
  for (int round = 0;; ++round) {
    const auto spent = std::chrono::steady_clock::now() - begin;
    const bool done = round >= kFewestRounds && spent >= span;
    if (done && (plausible(least) || (round >= kMostRounds || spent >= 10 * span + std::chrono::seconds(1)))) {
      return least;
    }
    for (std::size_t i = 0; i < works.size(); ++i) {
      least[i] = std::min(least[i], cost(works[i], repeats[i], placement) / repeats[i]);
    }
  }
}

ClipWeights weights_for(const BenchOptions& options) {
  if (options.model.path.empty()) {
    return random_clip_weights(published_config(options.architecture), Towers::vision);
  }
  const ModelSource source = read_source(options.model.path);
  ClipOverrides overrides = source.method.overrides;
  overrides.base = source.method.base ? &*source.method.base : nullptr;
  return clip_weights(source.method.checkpoint, overrides);
}

/// All but the plain form leave out, in the last block, what only the rows that nobody reads would need.
double executed_macs(const ClipConfig& config, std::int64_t prompts, const Placement& placement, CpuKernels kernels) {
  const double macs = macs_per_frame(config, prompts);
  const bool everything = placement.place.is_cpu() && kernels == CpuKernels::plain;
  if (everything || config.vision.layers == 0) {
    return macs;
  }
  const auto unread = static_cast<double>(config.patch_rows() * config.patch_columns() + prompts);
  const auto width = static_cast<double>(config.vision.width);
  return macs - unread * (width * width + 2 * width * static_cast<double>(config.vision.mlp_width));
}

/// Least cosine of the features to those of the reference in float32.
double cosine_to_reference(const VisionTower& tower, const ClipWeights& weights, const at::Tensor& images) {
  const at::Tensor some = images.narrow(0, 0, std::min(kComparedImages, images.size(0)));
  const VisionTower reference(weights.config, weights.tensors, {}, weights.prompts);
  const at::Tensor features = tower.forward(some).to(at::kCPU);
  return at::cosine_similarity(features, reference.forward(some.to(at::kCPU)), /*dim=*/1).min().item<double>();
}

void check(const BenchOptions& options) {
  if (options.batch < 1 || options.batch > kLargestBatch) {
    throw Error(ErrorCode::invalid_argument, "[bench] batch: expected 1.." + std::to_string(kLargestBatch) + ", got " +
                                                 std::to_string(options.batch));
  }
  if (!(options.seconds > 0) || options.seconds > 3600) {
    throw Error(ErrorCode::invalid_argument, "[bench] seconds: expected more than 0 and at most 3600");
  }
}

}  // namespace

BenchReport run_bench(const BenchOptions& options) {
  check(options);
  const Placement placement = place(options.model);
  prepare_process(placement);
  const ClipWeights weights = weights_for(options);
  const ClipConfig& config = weights.config;
  const std::int64_t prompts = vision_prompts(weights.prompts, config.vision.layers).count();
  const std::int64_t tokens = 1 + config.patch_rows() * config.patch_columns() + prompts;
  std::optional<BuildOn> build_on(placement.place);
  const TowerOptions tower_options{
      .dtype = placement.dtype,
      .kernels = resolved_kernels(options.model.cpu_kernels, weights, placement.dtype),
  };

  const c10::InferenceMode inference;
  const auto buffers = std::make_shared<BufferPool>();
  const VisionTower tower(config, weights.tensors, tower_options, weights.prompts);
  const at::Tensor images =
      at::empty({options.batch, 3, config.image_height, config.image_width}, at::kFloat).normal_().to(placement.place);

  // The model's largest product: all rows of the batch through the first half of the MLP. Our own is no part of the
  // ceiling, or the ceiling would rise with it.
  const std::int64_t rows = options.batch * tokens, width = config.vision.width, mlp = config.vision.mlp_width;
  const at::Tensor x = at::empty({rows, width}, at::kFloat).normal_().to(placement.place, placement.dtype);
  const at::Tensor weight = at::empty({mlp, width}, at::kFloat).normal_(0, 0.02), bias = at::empty({mlp}, at::kFloat).zero_();
  const Linear plain(weight, bias, placement.dtype, CpuKernels::plain);
  const Linear packed(weight, bias, placement.dtype, CpuKernels::packed, Linear::After::nothing, Linear::Packed::onednn);
  const Linear own(weight, bias, placement.dtype, CpuKernels::packed);
  build_on.reset();

  const auto product = [&](const Linear& linear) {
    return [&] {
      const PooledScope pooled(buffers);
      linear(x);
    };
  };
  const auto pass = [&] {
    const PooledScope pooled(buffers);
    tower.forward(images);
  };
  const double pass_flops = 2 * executed_macs(config, prompts, placement, tower_options.kernels) * options.batch;
  const double product_flops = 2.0 * static_cast<double>(rows * width * mlp);
  const auto share = [&](const std::vector<double>& costs) {
    return pass_flops / costs[0] / (product_flops / std::min(costs[1], costs[2]));
  };
  std::vector<std::function<void()>> works{pass, product(plain), product(packed)};
  if (own.own()) {
    works.push_back(product(own));
  }
  const std::vector<double> costs =
      least_costs(works, options.seconds, placement, [&](const auto& least) { return share(least) <= 1; });
  BenchReport report;
  report.device = placement.device;
  report.precision = placement.precision;
  report.cpu_kernels = tower_options.kernels;
  report.batch = options.batch;
  report.threads = placement.threads;
  report.frames_per_second = options.batch / costs[0];
  report.model_gflops = 1e-9 * pass_flops / costs[0];
  report.ceiling_gflops = 1e-9 * product_flops / std::min(costs[1], costs[2]);
  report.own_product_gflops = own.own() ? 1e-9 * product_flops / costs[3] : 0;
  report.ratio = report.model_gflops / report.ceiling_gflops;
  if (placement.dtype != at::kFloat) {
    report.cosine = cosine_to_reference(tower, weights, images);
  }
  return report;
}

}  // namespace vifi
