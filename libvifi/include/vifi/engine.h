#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "vifi/export.h"
#include "vifi/model.h"

namespace vifi {

struct DeviceInfo {
  std::string name;         ///< "cpu", "cuda:0"
  std::string description;  ///< the chip's own name
};

struct EngineInfo {
  std::string library;                ///< "libtorch 2.11.0"
  std::string path;                   ///< of the engine's own file
  std::vector<DeviceInfo> devices;
  std::string cuda;                   ///< why CUDA can or cannot be used
};

/// What `vifi inspect` tells of a file or folder. Weights are read, nothing is run.
struct ModelReport {
  ModelInfo info;
  std::string format;                 ///< "openai_torchscript", "hf_clip", …
  struct Tensor {
    std::string name;
    std::string dtype;
    std::vector<std::int64_t> shape;
  };
  std::vector<Tensor> tensors;        ///< as stored
};

struct BenchOptions {
  ModelOptions model;                 ///< path empty: `architecture` with random weights
  std::string architecture = "ViT-B/16";
  int batch = 1;
  double seconds = 3;                 ///< measuring time for each number
};

struct BenchReport {
  std::string device;
  Precision precision = Precision::fp32;
  CpuKernels cpu_kernels = CpuKernels::plain;
  int batch = 0;
  int threads = 0;
  double frames_per_second = 0;
  double model_gflops = 0;            ///< achieved, 2 flop per MAC that is executed (the packed form skips unread rows)
  double ceiling_gflops = 0;          ///< best product at the model's largest shape, same type, threads and run
  double ratio = 0;                   ///< model / ceiling
};

/// The part that needs libtorch. One per process.
class VIFI_API Engine {
 public:
  virtual ~Engine();
  virtual EngineInfo info() = 0;
  virtual std::shared_ptr<Model> load_model(const ModelOptions& options) = 0;
  virtual ModelReport inspect(const std::string& path) = 0;
  virtual BenchReport bench(const BenchOptions& options) = 0;
};

/// Opens `libvifi-torch.so` on first use: in `$VIFI_ENGINE_DIR` if set, else in `<libdir>/vifi`. Any thread.
/// @throws Error(not_found) saying where it looked and what is missing
VIFI_API Engine& engine();

/// Bumped whenever a class that crosses the boundary changes.
inline constexpr int kEngineAbi = 1;

}  // namespace vifi
