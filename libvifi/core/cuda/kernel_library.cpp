#include "cuda/kernel_library.h"

#include <dlfcn.h>

#include <filesystem>

#include "engine_loader.h"

namespace vifi::cuda {
namespace {

constexpr const char* kFile = "libvifi-cuda.so";

}  // namespace

KernelLibrary open_kernel_library(const std::vector<std::string>& folders) {
  for (const std::string& folder : folders) {
    const std::filesystem::path file = std::filesystem::path(folder) / kFile;
    std::error_code error;
    if (!std::filesystem::exists(file, error)) {
      continue;
    }
    void* library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!library) {
      const char* reason = dlerror();
      return {nullptr, file.string() + " cannot be loaded: " + (reason ? reason : "unknown reason")};
    }
    const auto open = reinterpret_cast<decltype(&vifi_cuda_kernels)>(dlsym(library, "vifi_cuda_kernels"));
    const Kernels* kernels = open ? open(kKernelsAbi) : nullptr;
    return {kernels, kernels ? "" : file.string() + " belongs to another release"};
  }
  return {nullptr, std::string(kFile) + " is not there: this build had no nvcc"};
}

const KernelLibrary& kernel_library() {
  static const KernelLibrary library = open_kernel_library(engine_folders());
  return library;
}

}  // namespace vifi::cuda
