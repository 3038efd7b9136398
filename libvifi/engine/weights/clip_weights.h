#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "export.h"
#include "weights/checkpoint.h"
#include "weights/clip_config.h"

namespace vifi {

/// What a caller knows better than the file. Given values win over the file's own.
struct ClipOverrides {
  std::optional<Activation> activation{};                   ///< of both towers
  std::optional<Activation> text_activation{};              ///< of the text tower, where it is another one
  std::optional<std::array<std::int64_t, 2>> image_size{};  ///< {height, width}, pixels
  std::optional<std::int64_t> vision_heads{};
  std::optional<std::int64_t> text_heads{};
  std::optional<PreprocessSpec> preprocess{};                ///< how frames become images
  bool allow_non_finite = false;     ///< NaN and Inf are listed instead of refused
  const Checkpoint* base = nullptr;  ///< supplies the token embedding that the authors' ViFi-CLIP files lack
};

/// A CLIP's weights under OpenAI's names: `visual.*`, `transformer.resblocks.N.*`, `token_embedding.weight`,
/// `positional_embedding`, `ln_final.*`, `text_projection` [D, E], `visual.proj` [W, E], `logit_scale` [].
/// Complete and of the shapes that `config` implies; types as stored (see `to_float32`).
struct ClipWeights {
  ClipConfig config;
  TensorMap tensors;
  /// Whose names the file has: "openai_torchscript", "openai_state_dict", "hf_clip", "open_clip",
  /// "open_clip_custom_text", "vifi_clip".
  std::string format;
  /// Learned prompts of a ViFi-CLIP: `visual.VPT` [n, W], `visual.transformer.resblocks.N.VPT_shallow` [n, W];
  /// `prompt_learner.ctx` [m, D], `transformer.resblocks.N.VPT_shallow` [m, D]. Either tower has none, or the first
  /// of its names and any of the others. A model that leaves them out computes something else.
  TensorMap prompts;
  std::optional<PreprocessSpec> preprocess;  ///< how frames become images; empty: the file does not say
  std::vector<std::string> assumptions;  ///< sentences: what the file does not say and was taken for granted
  std::vector<std::string> non_finite;   ///< names of stored tensors that hold NaN or Inf, sorted
};

/// Finds the layout, renames, stacks q, k and v, transposes, and checks names, shapes and values.
/// @throws WeightsError: unsupported (saying what the file is instead), missing_tensor, shape_mismatch, non_finite
VIFI_ENGINE_API ClipWeights clip_weights(const Checkpoint& checkpoint, const ClipOverrides& overrides = {});

/// The same values as float32, row-major. A tensor that is both already is returned as it is (no copy).
VIFI_ENGINE_API at::Tensor to_float32(const at::Tensor& tensor);

}  // namespace vifi
