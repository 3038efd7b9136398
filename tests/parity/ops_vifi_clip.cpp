// Operations on ViFi-CLIP: the authors' checkpoints, learned prompts, and the sentences names become.

#include <algorithm>
#include <string>
#include <vector>

#include <c10/core/InferenceMode.h>

#include "load_vifi_clip.h"
#include "methods/mean_over_time.h"
#include "methods/vifi_clip/prompt_text.h"
#include "parity.h"
#include "torch_tensors.h"
#include "vifi/tokenizer.h"
#include "weights/checkpoint.h"
#include "weights/clip_export.h"

namespace vifi::parity {
namespace {

Fp16Casts casts_of(const Case& golden) {
  Fp16Casts casts;
  for (const auto& name : golden.params.at("fp16_casts").get<std::vector<std::string>>()) {
    bool* cast = name == "token_embedding"             ? &casts.token_embedding
                 : name == "prompts"                   ? &casts.prompts
                 : name == "images"                    ? &casts.images
                 : name == "text_positional_embedding" ? &casts.text_positions
                 : name == "ln_final"                  ? &casts.ln_final
                                                       : nullptr;
    if (cast == nullptr) {
      throw Unsupported("the fp16 cast " + name);
    }
    *cast = true;
  }
  return casts;
}

}  // namespace

std::unique_ptr<Method> load_vifi_clip(const Case& golden) {
  MethodSource source;
  const auto checkpoint = golden.files.find("checkpoint");
  const Checkpoint base = read_checkpoint(golden.files.at("base").string());
  if (checkpoint == golden.files.end()) {
    source.checkpoint = base;
  } else {
    source.checkpoint = read_checkpoint(checkpoint->second.string());
    source.base = base;
  }
  source.casts = casts_of(golden);
  return create_method("vifi-clip", source, {.dtype = at::kFloat, .kernels = CpuKernels::packed});
}

namespace {

void encode_video(Method& method, const Case& golden, Output& output) {
  const at::Tensor clips = to_torch(golden.inputs.at("clips"));  // [B, T, 3, H, W]
  const at::Tensor frames = method.encode_frames(clips.flatten(0, 1)).view({clips.size(0), clips.size(1), -1});
  output.tensors["frame_features"] = from_torch(frames);
  output.tensors["video_features"] = from_torch(mean_over_time(frames));
  output.tensors["video_features_norm"] = from_torch(method.pool(frames));
}

void encode_text(Method& method, const Case& golden, Output& output) {
  const at::Tensor features = method.encode_text(to_torch(golden.inputs.at("ids")));
  output.tensors["text_features"] = from_torch(features);
  output.tensors["text_features_norm"] = from_torch(method.pool(features.unsqueeze(1)));  // of one: the division by its norm
}

Output vifi_text_features(const Case& golden) {
  const c10::InferenceMode inference;
  Output output;
  encode_text(*load_vifi_clip(golden), golden, output);
  return output;
}

Output vifi_logits(const Case& golden) {
  const c10::InferenceMode inference;
  const auto method = load_vifi_clip(golden);
  Output output;
  encode_video(*method, golden, output);
  encode_text(*method, golden, output);
  output.tensors["logits"] = from_torch(method->logits(to_torch(output.tensors["frame_features"]),
                                                       to_torch(output.tensors["text_features_norm"])));
  return output;
}

Output vifi_prompt_ids(const Case& golden) {
  const auto& params = golden.params;
  const std::string mode = params.at("mode").get<std::string>();
  const PromptRule rule = vifi_clip_prompts(mode == "prompt"    ? PromptMode::learned
                                            : mode == "zs_eval" ? PromptMode::zero_shot
                                                                : PromptMode::fine_tuned,
                                            params.at("ctx_init").get<std::string>(),
                                            params.at("n_ctx_text").get<std::int64_t>());
  std::vector<std::string> prompts;
  for (const auto& name : params.at("class_names").get<std::vector<std::string>>()) {
    prompts.push_back(prompt_of(rule, rule.templates.front(), name));
  }
  constexpr int kContext = 77;
  const TokenBatch batch = clip_tokenizer()->encode(prompts, kContext, false);
  Output output;
  output.values["prompts"] = prompts;
  output.tensors["ids"] = make_tensor<std::int64_t>("I64", {static_cast<std::int64_t>(prompts.size()), batch.length},
                                                    batch.ids);
  return output;
}

/// What golden/train compares of a tensor: mean, deviation, L2 norm, largest magnitude, first four, last four.
void append_digest(const at::Tensor& tensor, std::vector<float>& digest) {
  constexpr std::int64_t kEnds = 4;
  const at::Tensor values = tensor.flatten().to(at::kDouble);
  for (const at::Tensor& figure : {values.mean(), values.std(/*unbiased=*/false), values.norm(), values.abs().max()}) {
    digest.push_back(static_cast<float>(figure.item<double>()));
  }
  const std::int64_t count = std::min(kEnds, values.numel());
  std::vector<float> ends(2 * kEnds, 0.0F);
  for (std::int64_t i = 0; i < count; ++i) {
    ends[static_cast<std::size_t>(i)] = values[i].item<float>();
    ends[static_cast<std::size_t>(2 * kEnds - count + i)] = values[values.numel() - count + i].item<float>();
  }
  digest.insert(digest.end(), ends.begin(), ends.end());
}

Output interpolate(const Case& golden) {
  const c10::InferenceMode inference;
  const Checkpoint base = read_checkpoint(golden.files.at("base").string());
  const Checkpoint checkpoint = read_checkpoint(golden.files.at("checkpoint").string());
  const ClipWeights result = interpolated(clip_weights(checkpoint, {.base = &base}), clip_weights(base),
                                          golden.params.at("r").get<double>());
  Output output;
  std::vector<std::string> names;
  std::vector<float> digest;
  for (const auto& [name, tensor] : result.tensors) {
    names.push_back(name);
    append_digest(tensor, digest);
    output.tensors["full/" + name] = from_torch(tensor);
  }
  const auto count = static_cast<std::int64_t>(names.size());
  output.tensors["digest"] = make_tensor<float>("F32", {count, static_cast<std::int64_t>(digest.size()) / count}, digest);
  output.values["names"] = names;
  return output;
}

}  // namespace

void register_vifi_clip_operations() {
  register_operation("vifi_text_features", vifi_text_features);
  register_operation("vifi_logits", vifi_logits);
  register_operation("vifi_prompt_ids", vifi_prompt_ids);
  register_operation("interpolate", interpolate);
}

}  // namespace vifi::parity
