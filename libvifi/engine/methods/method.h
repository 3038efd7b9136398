#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "clip/blocks.h"
#include "export.h"
#include "methods/prompt_rule.h"
#include "vifi/bundle.h"
#include "vifi/engine.h"
#include "vifi/model.h"
#include "weights/checkpoint.h"
#include "weights/clip_weights.h"

namespace vifi {

/// Whose ids a text tower reads.
enum class TokenizerKind { clip_bpe, sentencepiece };

/// What a method is once it is loaded, and what it takes where a bundle says nothing.
struct MethodInfo {
  std::string name;                     ///< "vifi-clip"
  std::string format;                   ///< of the weights: "openai_torchscript", "hf_clip", …
  CpuKernels kernels = CpuKernels::plain;
  std::int64_t image_size = 0;          ///< S; 0: the images are not square
  std::int64_t state_size = 0;          ///< floats per frame state
  std::int64_t embed_dim = 0;           ///< E
  std::int64_t context_length = 0;      ///< L, tokens
  TokenizerKind tokenizer = TokenizerKind::clip_bpe;
  bool reads_padding = false;           ///< texts cost their whole context, however short they are
  bool states_reusable = true;
  double logit_scale = 1;               ///< factor on cosines
  double logit_bias = 0;
  PreprocessSpec preprocess;
  PromptRule prompts;
  double macs_per_frame = 0;
  double macs_per_prompt = 0;
  std::int64_t parameters = 0;
  std::vector<std::string> assumptions;
  std::vector<std::string> findings;    ///< sentences: what the weights are, beyond their format
  LearnedPrompts learned;
};

/// One way from frames and labels to scores, on the device that it was built on. All tensors are float32 and lie there,
/// but where stated; all members: one thread at a time.
class VIFI_ENGINE_API Method {
 public:
  virtual ~Method();

  virtual const MethodInfo& info() const = 0;

  /// @param images  [N, 3, H, W], normalised, of any floating type
  /// @return        [N, state_size]
  virtual at::Tensor encode_frames(const at::Tensor& images) = 0;

  /// @param ids  [P, L], int64, in host memory
  /// @return     [P, E], not normalised
  virtual at::Tensor encode_text(const at::Tensor& ids) = 0;

  /// @param states  [B, T, state_size]
  /// @return        [B, E], L2-normalised
  virtual at::Tensor pool(const at::Tensor& states) = 0;

  /// @param states  [B, T, state_size]
  /// @param text    [K, E], L2-normalised
  /// @return        [B, K]
  virtual at::Tensor logits(const at::Tensor& states, const at::Tensor& text) = 0;
};

/// What a method is made from.
struct MethodSource {
  Checkpoint checkpoint;
  std::optional<Checkpoint> base;       ///< supplies what `checkpoint` lacks
  ClipOverrides overrides;              ///< what the bundle or the caller knows better than the file
  std::optional<Fp16Casts> casts;       ///< empty: the method's own
  bool look_closely = false;            ///< take the time that `MethodInfo::findings` may need
};

/// An entry of the registry (registry.cpp).
struct MethodEntry {
  std::string_view name;
  /// Are these the method's own weights? Asked in the order of the registry.
  bool (*detect)(const Checkpoint& checkpoint);
  /// @throws Error, WeightsError
  std::unique_ptr<Method> (*create)(const MethodSource& source, const TowerOptions& options);
};

/// @param name  a bundle's "method"; empty: the first whose `detect` says yes, else vifi-clip (which then explains what
///              is missing)
/// @throws Error(unsupported) naming the methods there are
VIFI_ENGINE_API std::unique_ptr<Method> create_method(std::string_view name, const MethodSource& source,
                                                      const TowerOptions& options);

}  // namespace vifi
