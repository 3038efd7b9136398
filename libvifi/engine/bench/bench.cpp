#include "bench/bench.h"

#include <time.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <c10/core/InferenceMode.h>

#include "bench/random_clip.h"
#include "clip/cost.h"
#include "clip/prompts.h"
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

/// Seconds that `work` takes: of this thread's processor where it is the only one at work, so that other programs on
/// the machine do not count; of the wall otherwise.
double cost(const std::function<void()>& work, int threads) {
  const clockid_t clock = threads == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC;
  timespec begin{}, end{};
  clock_gettime(clock, &begin);
  work();
  clock_gettime(clock, &end);
  return static_cast<double>(end.tv_sec - begin.tv_sec) + 1e-9 * static_cast<double>(end.tv_nsec - begin.tv_nsec);
}

/// Least time of one call of each, over rounds in which every one is run for about the same time.
std::vector<double> least_costs(const std::vector<std::function<void()>>& works, double seconds, int threads) {
  constexpr double kShortest = 0.02;  // shorter calls are repeated within a round
  std::vector<int> repeats;
  for (const auto& work : works) {
    work();  // allocates, warms caches
    repeats.push_back(std::max(1, static_cast<int>(kShortest / std::max(1e-6, cost(work, threads)))));
  }
  std::vector<double> least(works.size(), std::numeric_limits<double>::max());
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds * static_cast<double>(works.size()));
  for (int round = 0; round < kFewestRounds || std::chrono::steady_clock::now() < end; ++round) {
    for (std::size_t i = 0; i < works.size(); ++i) {
      const auto repeated = [&] {
        for (int repeat = 0; repeat < repeats[i]; ++repeat) {
          works[i]();
        }
      };
      least[i] = std::min(least[i], cost(repeated, threads) / repeats[i]);
    }
  }
  return least;
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

/// The packed form leaves out, in the last block, what only the rows that nobody reads would need.
double executed_macs(const ClipConfig& config, std::int64_t prompts, CpuKernels kernels) {
  const double macs = macs_per_frame(config, prompts);
  if (kernels != CpuKernels::packed || config.vision.layers == 0) {
    return macs;
  }
  const auto unread = static_cast<double>(config.patch_rows() * config.patch_columns() + prompts);
  const auto width = static_cast<double>(config.vision.width);
  return macs - unread * (width * width + 2 * width * static_cast<double>(config.vision.mlp_width));
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
  at::set_num_threads(placement.threads);
  use_onednn_for_float32();
  const ClipWeights weights = weights_for(options);
  const ClipConfig& config = weights.config;
  const std::int64_t prompts = vision_prompts(weights.prompts, config.vision.layers).count();
  const std::int64_t tokens = 1 + config.patch_rows() * config.patch_columns() + prompts;
  const TowerOptions tower_options{
      .dtype = placement.dtype,
      .kernels = resolved_kernels(options.model.cpu_kernels, weights, placement.dtype),
  };

  const c10::InferenceMode inference;
  const auto buffers = std::make_shared<BufferPool>();
  const VisionTower tower(config, weights.tensors, tower_options, weights.prompts);
  at::Tensor images = at::empty({options.batch, 3, config.image_height, config.image_width}, at::kFloat).normal_();

  // The model's largest product: all rows of the batch through the first half of the MLP.
  const std::int64_t rows = options.batch * tokens, width = config.vision.width, mlp = config.vision.mlp_width;
  const at::Tensor x = at::empty({rows, width}, at::kFloat).normal_().to(placement.dtype);
  const at::Tensor weight = at::empty({mlp, width}, at::kFloat).normal_(0, 0.02), bias = at::empty({mlp}, at::kFloat).zero_();
  const Linear plain(weight, bias, placement.dtype, CpuKernels::plain);
  const Linear packed(weight, bias, placement.dtype, CpuKernels::packed);

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
  const std::vector<double> costs =
      least_costs({pass, product(plain), product(packed)}, options.seconds, placement.threads);
  BenchReport report;
  report.device = placement.device;
  report.precision = placement.precision;
  report.cpu_kernels = tower_options.kernels;
  report.batch = options.batch;
  report.threads = placement.threads;
  report.frames_per_second = options.batch / costs[0];
  report.model_gflops = 2e-9 * executed_macs(config, prompts, tower_options.kernels) * report.frames_per_second;
  report.ceiling_gflops = 2e-9 * static_cast<double>(rows * width * mlp) / std::min(costs[1], costs[2]);
  report.ratio = report.model_gflops / report.ceiling_gflops;
  return report;
}

}  // namespace vifi
