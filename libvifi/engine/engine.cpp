#include "vifi/engine.h"

#include <dlfcn.h>

#include <string>

#include "bench/bench.h"
#include "convert.h"
#include "cuda/backend.h"
#include "device.h"
#include "export.h"
#include "load_model.h"
#include "torch_errors.h"

namespace vifi {
namespace {

std::string own_path() {
  Dl_info info{};
  return dladdr(reinterpret_cast<const void*>(&load_torch_model), &info) != 0 && info.dli_fname ? info.dli_fname : "";
}

class TorchEngine final : public Engine {
 public:
  EngineInfo info() override {
    const CudaVerdict& cuda = open_cuda();
    return {
        .library = cuda_facts().torch,
        .path = own_path(),
        .devices = devices(),
        .cuda = cuda.state,
        .cuda_cure = cuda.cure,
        .gpu_present = cuda.gpu_present,
    };
  }

  std::shared_ptr<Model> load_model(const ModelOptions& options) override {
    return guarded("load model", [&] { return load_torch_model(options); });
  }

  ModelReport inspect(const std::string& path) override {
    return guarded("inspect", [&] { return inspect_model(path); });
  }

  ConvertReport convert(const ConvertOptions& options) override {
    return guarded("convert", [&] { return convert_weights(options); });
  }

  BenchReport bench(const BenchOptions& options) override {
    return guarded("bench", [&] { return run_bench(options); });
  }
};

}  // namespace
}  // namespace vifi

/// The engine's only door: its one instance, or null for a caller with another interface.
extern "C" VIFI_ENGINE_API vifi::Engine* vifi_engine_open(int abi) {
  static vifi::TorchEngine engine;
  return abi == vifi::kEngineAbi ? &engine : nullptr;
}
