#include "device.h"

#include <sched.h>

#include <charconv>
#include <fstream>
#include <optional>

#include <ATen/Parallel.h>

#include "cpu/choose_kernels.h"
#include "cuda/backend.h"
#include "vifi/error.h"
#include "vifi/log.h"

namespace vifi {
namespace {

constexpr int kMostThreads = 1024;

std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("model name")) {
      const std::size_t colon = line.find(": ");
      return colon == std::string::npos ? line : line.substr(colon + 2);
    }
  }
  return "unknown processor";
}

/// Cores that this process may run on.
int available_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;
}

bool has_bf16_products() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512bf16") || __builtin_cpu_supports("amx-bf16");
#else
  return true;  // most 64-bit ARM servers do
#endif
}

/// What "auto", "cpu", "cuda" or "cuda:1" asks for.
struct Wish {
  bool automatic = false;
  int gpu = -1;  ///< -1: none
};

std::optional<Wish> wish_of(const std::string& device) {
  if (device == "auto" || device == "cpu") {
    return Wish{.automatic = device == "auto"};
  }
  if (device == "cuda") {
    return Wish{.gpu = 0};
  }
  if (!device.starts_with("cuda:")) {
    return std::nullopt;
  }
  Wish wish;
  const char* end = device.data() + device.size();
  const auto parsed = std::from_chars(device.data() + 5, end, wish.gpu);
  return parsed.ec == std::errc() && parsed.ptr == end && wish.gpu >= 0 ? std::optional(wish) : std::nullopt;
}

constexpr const char* kOtherDevice = "use device=auto or device=cpu; `vifi doctor` shows what this machine offers";

/// @throws Error(device_unavailable) saying what is missing
void check_gpu(const std::string& device, int index) {
  const auto refuse = [&](const std::string& why, const std::string& cure) {
    throw Error(ErrorCode::device_unavailable, "[load model] device \"" + device + "\": " + why,
                (cure.empty() ? "" : cure + "; or ") + kOtherDevice);
  };
  const CudaVerdict& cuda = open_cuda();
  if (!cuda.usable) {
    refuse("CUDA is " + cuda.state, cuda.cure);
  }
  const auto& gpus = cuda_facts().driver.gpus;
  if (index >= static_cast<int>(gpus.size())) {
    refuse("expected one of " + std::to_string(gpus.size()) + " GPUs, numbered from 0", "");
  }
  if (const std::string problem = trial(index); !problem.empty()) {
    refuse(gpus[static_cast<std::size_t>(index)].name + " fails a first product: " + problem,
           "compare the GPU and its driver with what `vifi doctor` says this libtorch needs");
  }
}

/// The GPU that `auto` takes; -1: none. A GPU that is there and cannot be used is worth a warning.
int automatic_gpu() {
  const CudaVerdict cuda = judge(cuda_facts());
  if (!cuda.gpu_present) {
    log(LogLevel::info, "[load model] device auto: cpu, for CUDA is " + cuda.state);
    return -1;
  }
  try {
    check_gpu("auto", 0);
    log(LogLevel::info, "[load model] device auto: cuda:0, " + cuda_facts().driver.gpus.front().name);
    return 0;
  } catch (const Error& error) {
    log(LogLevel::warning, error.message() + "; the model runs on the processor");
    return -1;
  }
}

Placement on_gpu(const ModelOptions& options, int index, int threads) {
  const GpuFacts& gpu = cuda_facts().driver.gpus[static_cast<std::size_t>(index)];
  const Precision precision = options.precision == Precision::automatic ? Precision::fp16 : options.precision;
  if (precision == Precision::bf16 && gpu.capability < 80) {
    log(LogLevel::warning, "[load model] precision bf16: " + gpu.name + " has no bfloat16 products; fp16 is much faster");
  }
  return {
      .device = "cuda:" + std::to_string(index),
      .precision = precision,
      .dtype = precision == Precision::fp16   ? c10::kHalf
               : precision == Precision::bf16 ? c10::kBFloat16
                                              : c10::kFloat,
      .threads = threads,
      .place = c10::Device(c10::kCUDA, static_cast<c10::DeviceIndex>(index)),
  };
}

}  // namespace

std::vector<DeviceInfo> devices() {
  std::vector<DeviceInfo> found{{
      .name = "cpu",
      .description = processor_name() + (has_bf16_products() ? ", multiplies bf16 (`vifi bench --precision bf16` tells whether it pays)" : ""),
  }};
  if (open_cuda().usable) {
    for (const GpuFacts& gpu : cuda_facts().driver.gpus) {
      found.push_back({.name = "cuda:" + std::to_string(found.size() - 1), .description = gpu.name});
    }
  }
  return found;
}

Placement place(const ModelOptions& options) {
  const std::optional<Wish> wish = wish_of(options.device);
  if (!wish) {
    throw Error(ErrorCode::invalid_argument,
                "[load model] device: expected auto, cpu, cuda or cuda:N, got \"" + options.device + "\"",
                "auto takes the fastest device there is");
  }
  if (options.threads < -1 || options.threads == 0 || options.threads > kMostThreads) {
    throw Error(ErrorCode::invalid_argument,
                "[load model] threads: expected -1 or 1.." + std::to_string(kMostThreads) + ", got " +
                    std::to_string(options.threads),
                "-1 takes one thread for each core");
  }
  const int threads = options.threads > 0 ? options.threads : available_cores();
  if (wish->gpu >= 0) {
    check_gpu(options.device, wish->gpu);
  }
  if (const int gpu = wish->automatic ? automatic_gpu() : wish->gpu; gpu >= 0) {
    return on_gpu(options, gpu, threads);
  }
  if (options.precision == Precision::fp16) {
    throw Error(ErrorCode::unsupported, "[load model] precision fp16: processors have no fast float16 products",
                "use bf16, which is as small and faster here, or fp32");
  }
  const bool bf16 = options.precision == Precision::bf16;
  if (bf16 && !has_bf16_products()) {
    log(LogLevel::warning, "[load model] precision bf16: this processor has no bfloat16 products; fp32 is much faster");
  }
  return {
      .device = "cpu",
      .precision = bf16 ? Precision::bf16 : Precision::fp32,
      .dtype = bf16 ? c10::kBFloat16 : c10::kFloat,
      .threads = threads,
  };
}

void prepare_process(const Placement& placement) {
  at::set_num_threads(placement.threads);  // the products are chosen as they will run
  if (placement.place.is_cuda()) {
    keep_float32_exact();
  } else {
    use_onednn_for_float32();
  }
}

}  // namespace vifi
