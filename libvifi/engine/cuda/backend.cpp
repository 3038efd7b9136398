#include "cuda/backend.h"

#include <dlfcn.h>
#include <link.h>

#include <filesystem>
#include <string_view>
#include <vector>

#include <ATen/Context.h>
#include <ATen/ops/ones.h>
#include <c10/core/InferenceMode.h>
#include <c10/util/Exception.h>
#include <torch/version.h>

namespace vifi {
namespace {

namespace fs = std::filesystem;

std::string release_of(int cuda) { return std::to_string(cuda / 1000) + "." + std::to_string(cuda % 1000 / 10); }

/// The mapped file whose name begins with `prefix`; empty where there is none.
std::string mapped_library(std::string_view prefix) {
  struct Search {
    std::string_view prefix;
    std::string found;
  } search{prefix, {}};
  dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* data) {
        auto& state = *static_cast<Search*>(data);
        const std::string_view path = info->dlpi_name ? info->dlpi_name : "";
        const std::string_view name = path.substr(path.rfind('/') == path.npos ? 0 : path.rfind('/') + 1);
        if (name.starts_with(state.prefix)) {
          state.found = path;
        }
        return state.found.empty() ? 0 : 1;
      },
      &search);
  return search.found;
}

/// libtorch_cpu.so names the CUDA runtime that it was built with, so that it lies in this process already.
int needed_cuda() {
  const std::string runtime = mapped_library("libcudart.so.");
  void* library = runtime.empty() ? nullptr : dlopen(runtime.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD);
  if (!library) {
    return 0;
  }
  const auto version = reinterpret_cast<int (*)(int*)>(dlsym(library, "cudaRuntimeGetVersion"));
  int number = 0;
  return version && version(&number) == 0 ? number : 0;
}

CudaFacts gather() {
  CudaFacts facts;
  facts.torch = std::string("libtorch ") + TORCH_VERSION;
  facts.needed = needed_cuda();
  const fs::path cpu = mapped_library("libtorch_cpu.so");
  facts.torch_folder = cpu.parent_path();
  std::error_code error;
  if (const fs::path file = cpu.parent_path() / "libtorch_cuda.so"; fs::exists(file, error)) {
    facts.torch_cuda = file;
  }
  facts.driver = ask_driver();
  return facts;
}

CudaVerdict opened(CudaVerdict verdict, const CudaFacts& facts) {
  if (!verdict.usable) {
    return verdict;
  }
  // Its initialisers register the GPU's operators. Nothing here asked libtorch about CUDA before: the answer would stay.
  if (!dlopen(facts.torch_cuda.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE)) {
    const char* reason = dlerror();
    verdict.usable = false;
    verdict.state = "not available: libtorch's GPU part cannot be loaded: " + std::string(reason ? reason : "unknown reason");
    verdict.cure = "run ./setup.sh --gpu, which fetches the libraries that it needs";
  } else if (!at::globalContext().hasCUDART()) {
    verdict.usable = false;
    verdict.state = "not available: libtorch was asked about CUDA before its GPU part was loaded, and keeps its answer";
    verdict.cure = "load a model on the GPU before anything else in this process uses libtorch";
  } else if (!at::globalContext().hasCUDA()) {
    verdict.usable = false;
    verdict.state = "not available: libtorch's GPU part was loaded but finds no GPU";
    verdict.cure = "check CUDA_VISIBLE_DEVICES and that nvidia-smi lists the GPU";
  }
  return verdict;
}

}  // namespace

std::string oldest_driver(int cuda) {
  switch (cuda / 1000) {
    case 11: return "450";
    case 12: return "525";
    default: return "580";
  }
}

CudaVerdict judge(const CudaFacts& facts) {
  CudaVerdict verdict;
  const DriverFacts& driver = facts.driver;
  verdict.gpu_present = !driver.gpus.empty();
  if (facts.needed == 0) {
    verdict.state = "not available: " + facts.torch + " was built without CUDA";
    verdict.cure = "build the engine with the libtorch that ./setup.sh --gpu fetches";
    return verdict;
  }
  const std::string driver_wanted = "an NVIDIA driver " + oldest_driver(facts.needed) + " or newer";
  std::vector<std::string> missing, cures;
  if (!driver.installed) {
    missing.push_back(driver_wanted + " (none is installed)");
    cures.push_back("install " + driver_wanted);
  } else if (driver.cuda / 1000 < facts.needed / 1000) {
    missing.push_back(driver_wanted + " (the installed one" + (driver.release.empty() ? "" : ", " + driver.release + ",") +
                      " runs CUDA " + release_of(driver.cuda) + " at most)");
    cures.push_back("update to " + driver_wanted);
  } else if (driver.gpus.empty()) {
    missing.push_back("a GPU (the driver says: " + driver.failure + ")");
    cures.push_back("check that nvidia-smi lists a GPU, and CUDA_VISIBLE_DEVICES");
  }
  if (facts.torch_cuda.empty()) {
    missing.push_back("libtorch's GPU part (no libtorch_cuda.so in " + facts.torch_folder + ")");
    cures.push_back("run ./setup.sh --gpu");
  }
  const std::string built = facts.torch + " is built for CUDA " + release_of(facts.needed);
  if (missing.empty()) {
    verdict.usable = true;
    verdict.state = "available: " + built + ", driver " + (driver.release.empty() ? "for CUDA " + release_of(driver.cuda) : driver.release);
    return verdict;
  }
  verdict.state = "not available: " + built + "; missing: ";
  for (std::size_t i = 0; i < missing.size(); ++i) {
    verdict.state += (i == 0 ? "" : "; ") + missing[i];
    verdict.cure += (i == 0 ? "" : ", then ") + cures[i];
  }
  return verdict;
}

const CudaFacts& cuda_facts() {
  static const CudaFacts facts = gather();
  return facts;
}

const CudaVerdict& open_cuda() {
  static const CudaVerdict verdict = opened(judge(cuda_facts()), cuda_facts());
  return verdict;
}

std::string trial(int index) {
  try {
    const c10::InferenceMode inference;
    const at::Device device(at::kCUDA, static_cast<c10::DeviceIndex>(index));
    const at::Tensor ones = at::ones({16, 16}, at::TensorOptions().dtype(at::kFloat).device(device));
    const double sum = ones.matmul(ones).sum().item<double>();
    return sum == 4096 ? "" : "a product of ones sums to " + std::to_string(sum);
  } catch (const c10::Error& error) {
    return error.what_without_backtrace();
  } catch (const std::exception& error) {
    return error.what();
  }
}

}  // namespace vifi
