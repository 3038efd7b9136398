#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vifi/export.h"
#include "vifi/frame.h"
#include "vifi/labels.h"
#include "vifi/preprocess.h"

namespace vifi {

enum class Precision { automatic, fp32, bf16, fp16 };
/// Which products a CPU model uses: `automatic` measures both at load and keeps the faster.
enum class CpuKernels { automatic, plain, packed };

VIFI_API std::string_view name_of(Precision precision) noexcept;
/// @throws Error(invalid_argument) naming the choices
VIFI_API Precision precision_from(std::string_view name);

struct ModelOptions {
  std::string path;                 ///< bundle folder, its vifi.json, checkpoint or fetched name; empty: the default
  std::string device = "auto";      ///< auto, cpu, cuda, cuda:1
  Precision precision = Precision::automatic;
  CpuKernels cpu_kernels = CpuKernels::automatic;
  int threads = -1;                 ///< compute threads on the CPU; -1: as many as there are cores

  bool operator==(const ModelOptions&) const = default;
};

/// What a loaded model is and expects. Immutable.
struct ModelInfo {
  std::string name;                 ///< short name for results: the bundle's folder or the checkpoint's stem
  std::string method;               ///< "vifi-clip", …
  std::string path;
  std::string device;               ///< where it really runs: "cpu", "cuda:0"
  Precision precision = Precision::fp32;
  CpuKernels cpu_kernels = CpuKernels::plain;  ///< what was chosen
  PreprocessSpec preprocess;
  std::int64_t state_size = 0;      ///< floats per frame state
  std::int64_t embed_dim = 0;       ///< E
  bool states_reusable = true;      ///< false: frames depend on each other, so windows share no work
  int frames = 16;                  ///< T, samples per window
  std::int64_t window_ns = 4'000'000'000;
  std::int64_t hop_ns = 1'000'000'000;
  double temperature = 1.0;
  double logit_scale = 100.0;       ///< factor on cosines (already exponentiated)
  double logit_bias = 0.0;
  std::vector<std::string> templates;   ///< default prompts
  LabelSet labels;                  ///< the bundle's; may be empty
  double macs_per_frame = 0;
  double macs_per_prompt = 0;
  std::int64_t parameters = 0;
  std::vector<std::string> assumptions; ///< what the file did not say and was taken for granted
};

/// A label set's text features, made by one model and usable with that model only. Immutable.
class VIFI_API LabelBank {
 public:
  virtual ~LabelBank();
  virtual const LabelSet& labels() const = 0;
  virtual std::span<const float> features() const = 0;  ///< [L, E] float32, L2-normalised
};

/// Called between chunks of a long operation; throw Error(cancelled) to stop it.
using Progress = std::function<void(std::size_t done, std::size_t total)>;

/// A model, implemented by the engine. encode, embed, score and pool: one thread at a time; inside a call of
/// `embed`, its `progress` may call encode, score and pool.
class VIFI_API Model {
 public:
  virtual ~Model();

  virtual const ModelInfo& info() const = 0;

  /// One image-tower pass for all frames. @param states [N, state_size], written.
  virtual void encode(std::span<const PreparedFrame> frames, std::span<float> states) = 0;

  /// Text features of a label set; prompts seen before come from a cache.
  /// @throws Error(invalid_argument) for a prompt that exceeds the context length
  virtual std::shared_ptr<const LabelBank> embed(const LabelSet& labels, const Progress& progress) = 0;

  /// @param states  [W, frames, state_size]
  /// @param frames  samples per window (1..T)
  /// @param logits  [W, L], written
  virtual void score(std::span<const float> states, int frames, const LabelBank& bank, std::span<float> logits) = 0;

  /// Video embeddings. @param embeddings [W, E], L2-normalised, written.
  virtual void pool(std::span<const float> states, int frames, std::span<float> embeddings) = 0;

  /// Prepares a frame in the memory of the thread's current CUDA context; any thread. @return false where it cannot.
  virtual bool prepare_on_device(const FrameView& frame, PreparedFrame& out);
};

/// The installed default bundle: `$VIFI_DEFAULT_MODEL`, else the one that came with the library.
VIFI_API std::string default_model_path();

/// @throws Error (every code); opens the engine on first use
VIFI_API std::shared_ptr<Model> load_model(const ModelOptions& options);

}  // namespace vifi
