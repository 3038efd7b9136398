// Operations on models: parameter files and prepared pixels or token ids to features and logits.

#include <cstdlib>
#include <string>

#include <c10/core/InferenceMode.h>

#include "clip/tensors.h"
#include "device.h"
#include "load_vifi_clip.h"
#include "methods/mean_over_time.h"
#include "methods/method.h"
#include "parity.h"
#include "torch_tensors.h"
#include "vifi/tokenizer.h"
#include "weights/checkpoint.h"

namespace vifi::parity {
namespace {

/// Where models run: tests/gpu.sh says so.
ModelOptions wanted_device() {
  const char* device = std::getenv("VIFI_PARITY_DEVICE");
  ModelOptions options;
  options.device = device ? device : "cpu";
  options.precision = Precision::fp32;
  options.threads = 1;
  return options;
}

at::Tensor on_device(const at::Tensor& tensor) { return tensor.to(place(wanted_device()).place); }

/// What a file cannot tell is taken from the case; everything else from the file.
ClipOverrides overrides_of(const Case& golden, const Checkpoint& checkpoint) {
  ClipOverrides overrides;
  const auto& params = golden.params;
  const std::string format = params.at("format").get<std::string>();
  const auto heads = [&](const char* tower) { return params.at(tower).at("heads").get<std::int64_t>(); };
  if (format == "open_clip_pe" || format == "pe_original") {
    overrides.vision_heads = heads("vision");
  }
  if (format == "pe_original" || (format.starts_with("open_clip") && checkpoint.config.is_null())) {
    overrides.vision_heads = heads("vision");
    overrides.text_heads = heads("text");
  }
  if (format == "open_clip_siglip") {
    overrides.activation = activation_from(params.at("vision").at("activation").get<std::string>());
    overrides.text_activation = activation_from(params.at("text").at("activation").get<std::string>());
  } else if (overrides.text_heads) {
    overrides.activation = activation_from(params.at("activation").get<std::string>());
    if (params.contains("image_size") && params.at("image_size").is_array()) {
      overrides.image_size = params.at("image_size").get<std::array<std::int64_t, 2>>();
    }
  }
  return overrides;
}

std::unique_ptr<Method> load_clip(const Case& golden) {
  if (!golden.params.contains("format")) {
    return load_vifi_clip(golden);
  }
  MethodSource source;
  source.checkpoint = read_checkpoint(golden.files.at("checkpoint").string());
  source.overrides = overrides_of(golden, source.checkpoint);
  const Placement placement = place(wanted_device());
  if (placement.place.is_cuda()) {
    prepare_process(placement);
  }
  const BuildOn build_on(placement.place);
  return create_method("", source, {.dtype = at::kFloat, .kernels = CpuKernels::packed});
}

/// One frame is a window of its own: pooling it is the division by the L2 norm.
at::Tensor normalised(Method& method, const at::Tensor& features) { return method.pool(features.unsqueeze(1)); }

void encode_image(Method& method, const Case& golden, Output& output) {
  const at::Tensor features = method.encode_frames(on_device(to_torch(golden.inputs.at("images"))));
  output.tensors["image_features"] = from_torch(features);
  output.tensors["image_features_norm"] = from_torch(normalised(method, features));
}

at::Tensor ids_of(const Case& golden, Output& output) {
  if (!golden.params.contains("texts")) {
    return to_torch(golden.inputs.at("ids"));
  }
  const auto texts = golden.params.at("texts").get<std::vector<std::string>>();
  const TokenBatch batch = clip_tokenizer()->encode(texts, golden.params.at("context_length").get<int>(), false);
  output.tensors["ids"] = make_tensor<std::int64_t>(
      "I64", {static_cast<std::int64_t>(texts.size()), batch.length}, batch.ids);
  return to_torch(output.tensors["ids"]);
}

at::Tensor encode_text(Method& method, const Case& golden, Output& output) {
  const at::Tensor features = method.encode_text(ids_of(golden, output));
  const at::Tensor norm = normalised(method, features);
  output.tensors["text_features"] = from_torch(features);
  output.tensors["text_features_norm"] = from_torch(norm);
  return norm;
}

Output clip_encode_image(const Case& golden) {
  const c10::InferenceMode inference;
  Output output;
  encode_image(*load_clip(golden), golden, output);
  return output;
}

Output clip_encode_text(const Case& golden) {
  const c10::InferenceMode inference;
  Output output;
  encode_text(*load_clip(golden), golden, output);
  return output;
}

Output clip_logits(const Case& golden) {
  const c10::InferenceMode inference;
  const auto method = load_clip(golden);
  Output output;
  encode_image(*method, golden, output);
  const at::Tensor text = encode_text(*method, golden, output);
  const at::Tensor states = on_device(to_torch(output.tensors["image_features"])).unsqueeze(1);  // [B, T = 1, E]
  output.tensors["logits"] = from_torch(method->logits(states, text));
  return output;
}

Output vifi_video_features(const Case& golden) {
  const c10::InferenceMode inference;
  const auto method = load_clip(golden);
  const at::Tensor clips = to_torch(golden.inputs.at("clips"));  // [B, T, 3, H, W]
  const at::Tensor frames = method->encode_frames(clips.flatten(0, 1)).view({clips.size(0), clips.size(1), -1});
  Output output;
  output.tensors["frame_features"] = from_torch(frames);
  output.tensors["video_features"] = from_torch(mean_over_time(frames));
  output.tensors["video_features_norm"] = from_torch(method->pool(frames));
  return output;
}

}  // namespace

void register_engine_operations() {
  register_operation("clip_encode_image", clip_encode_image);
  register_operation("clip_encode_text", clip_encode_text);
  register_operation("clip_logits", clip_logits);
  register_operation("siglip_encode_image", clip_encode_image);
  register_operation("siglip_encode_text", clip_encode_text);
  register_operation("siglip_logits", clip_logits);
  register_operation("vifi_video_features", vifi_video_features);
}

}  // namespace vifi::parity
