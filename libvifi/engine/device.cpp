#include "device.h"

#include <sched.h>

#include <charconv>
#include <fstream>

#include <ATen/Context.h>

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

bool is_cuda_name(const std::string& device) {
  if (device == "cuda") {
    return true;
  }
  if (!device.starts_with("cuda:")) {
    return false;
  }
  int index = 0;
  const char* end = device.data() + device.size();
  const auto parsed = std::from_chars(device.data() + 5, end, index);
  return parsed.ec == std::errc() && parsed.ptr == end && index >= 0;
}

}  // namespace

std::string cuda_status() {
  if (!at::globalContext().hasCUDA()) {
    return "not available: this build of the engine uses libtorch's CPU part only";
  }
  return "not available: the engine has no CUDA path yet";
}

std::vector<DeviceInfo> devices() { return {{.name = "cpu", .description = processor_name()}}; }

Placement place(const ModelOptions& options) {
  if (is_cuda_name(options.device)) {
    throw Error(ErrorCode::device_unavailable,
                "[load model] device \"" + options.device + "\": CUDA is " + cuda_status(),
                "use device=auto or device=cpu; `vifi doctor` shows what this machine offers");
  }
  if (options.device != "auto" && options.device != "cpu") {
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
      .threads = options.threads > 0 ? options.threads : available_cores(),
  };
}

}  // namespace vifi
