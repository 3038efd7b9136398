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
  std::string description;  ///< the chip's own name, and for processors whether it multiplies bf16
};

struct EngineInfo {
  std::string library;                ///< "libtorch 2.11.0"
  std::string path;                   ///< of the engine's own file
  std::vector<DeviceInfo> devices;
  std::string cuda;                   ///< why CUDA can or cannot be used, and which driver this libtorch needs
  std::string cuda_cure{};            ///< how to get what is missing; empty: nothing is
  bool gpu_present = false;           ///< a GPU is there, whether or not it can be used
};

/// Vectors that a training put in the place of tokens ("prompting"). Depth: blocks that get vectors of their own.
struct LearnedPrompts {
  int vision_tokens = 0;
  int vision_depth = 0;
  int text_tokens = 0;
  int text_depth = 0;
};

/// What `vifi inspect` tells of a file or folder. Weights are read, nothing is run.
struct ModelReport {
  ModelInfo info;
  std::string format;                 ///< "openai_torchscript", "hf_clip", …
  std::vector<std::string> findings;  ///< sentences: what the weights are, beyond their format
  LearnedPrompts learned;
  struct Tensor {
    std::string name;
    std::string dtype;
    std::vector<std::int64_t> shape;
  };
  std::vector<Tensor> tensors;        ///< as stored
};

/// How weights are named and packed.
enum class WeightsLayout {
  bundle,        ///< a folder with vifi.json
  safetensors,   ///< one file; OpenAI's names, or the ViFi-CLIP authors' for their weights
  open_clip,     ///< a folder with open_clip_config.json
  hugging_face,  ///< a folder with config.json
  vifi_clip,     ///< the container of the ViFi-CLIP authors' program, a .pth file
};

struct ConvertOptions {
  std::string input{};          ///< bundle, its vifi.json or checkpoint
  std::string output{};         ///< must not exist
  WeightsLayout layout = WeightsLayout::bundle;
  std::string base{};           ///< CLIP that supplies what `input` lacks; empty: `with`, or none
  /// Checkpoints of the same training, such as those of other epochs, whose mean with `input` is taken, before
  /// anything is interpolated.
  std::vector<std::string> average{};
  double interpolation = 0;     ///< share of `with` in the result, 0..1
  std::string with{};           ///< CLIP to interpolate with; empty: do not
  bool half = false;            ///< store float16
};

struct ConvertReport {
  std::int64_t tensors = 0;     ///< written
  std::int64_t bytes = 0;       ///< of all files
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
  double ceiling_gflops = 0;          ///< libtorch's best product at the model's largest shape, same type, threads and run
  double own_product_gflops = 0;      ///< ours at the same shape; 0: the model's products are libtorch's
  double ratio = 0;                   ///< model / ceiling
  double cosine = 0;                  ///< least of a random image's features to those in fp32; 0: this is fp32
};

/// The part that needs libtorch. One per process.
class VIFI_API Engine {
 public:
  virtual ~Engine();
  virtual EngineInfo info() = 0;
  virtual std::shared_ptr<Model> load_model(const ModelOptions& options) = 0;
  virtual ModelReport inspect(const std::string& path) = 0;
  /// Writes weights in another layout. What was written is read back and compared before it gets its name; on any
  /// failure nothing is left. @throws Error
  virtual ConvertReport convert(const ConvertOptions& options) = 0;
  virtual BenchReport bench(const BenchOptions& options) = 0;
};

/// Opens `libvifi-torch.so` on first use: in `$VIFI_ENGINE_DIR` if set, else in `<libdir>/vifi`. Any thread.
/// @throws Error(not_found) saying where it looked and what is missing
VIFI_API Engine& engine();

/// Bumped whenever a class that crosses the boundary changes.
inline constexpr int kEngineAbi = 2;

}  // namespace vifi
