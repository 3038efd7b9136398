// Operations on models: parameter files and prepared pixels or token ids to features and logits.

#include <string>

#include <c10/core/InferenceMode.h>

#include <ATen/ops/empty.h>

#include "methods/method.h"
#include "parity.h"
#include "vifi/tokenizer.h"
#include "weights/checkpoint.h"

namespace vifi::parity {
namespace {

at::Tensor to_torch(const Tensor& tensor) {
  const at::ScalarType type = tensor.dtype == "I64" ? at::kLong : at::kFloat;
  at::Tensor result = at::empty(tensor.shape, type);
  if (result.nbytes() != tensor.data.size()) {
    throw std::runtime_error("an input is neither F32 nor I64");
  }
  std::memcpy(result.mutable_data_ptr(), tensor.data.data(), tensor.data.size());
  return result;
}

Tensor from_torch(const at::Tensor& tensor) {
  const at::Tensor values = tensor.contiguous();
  const bool integers = values.scalar_type() == at::kLong;
  Tensor result{integers ? "I64" : "F32", values.sizes().vec(), std::vector<std::byte>(values.nbytes())};
  std::memcpy(result.data.data(), values.const_data_ptr(), result.data.size());
  return result;
}

/// What an open_clip file without a config cannot tell is taken from the case; everything else from the file.
ClipOverrides overrides_of(const Case& golden, const Checkpoint& checkpoint) {
  ClipOverrides overrides;
  const auto& params = golden.params;
  if (params.at("format").get<std::string>().starts_with("open_clip") && checkpoint.config.is_null()) {
    overrides.activation = activation_from(params.at("activation").get<std::string>());
    overrides.vision_heads = params.at("vision").at("heads").get<std::int64_t>();
    overrides.text_heads = params.at("text").at("heads").get<std::int64_t>();
    if (params.at("image_size").is_array()) {
      overrides.image_size = params.at("image_size").get<std::array<std::int64_t, 2>>();
    }
  }
  return overrides;
}

std::unique_ptr<Method> load_clip(const Case& golden) {
  const std::string format = golden.params.at("format").get<std::string>();
  if (format == "open_clip_pe" || format == "pe_original") {
    throw Unsupported("models with PE-Core's towers");
  }
  MethodSource source;
  source.checkpoint = read_checkpoint(golden.files.at("checkpoint").string());
  source.overrides = overrides_of(golden, source.checkpoint);
  return create_method("vifi-clip", source, {.dtype = at::kFloat, .kernels = CpuKernels::packed});
}

/// One frame is a window of its own: pooling it is the division by the L2 norm.
at::Tensor normalised(Method& method, const at::Tensor& features) { return method.pool(features.unsqueeze(1)); }

void encode_image(Method& method, const Case& golden, Output& output) {
  const at::Tensor features = method.encode_frames(to_torch(golden.inputs.at("images")));
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
  const at::Tensor states = to_torch(output.tensors["image_features"]).unsqueeze(1);  // [B, T = 1, E]
  output.tensors["logits"] = from_torch(method->logits(states, text));
  return output;
}

}  // namespace

void register_engine_operations() {
  register_operation("clip_encode_image", clip_encode_image);
  register_operation("clip_encode_text", clip_encode_text);
  register_operation("clip_logits", clip_logits);
}

}  // namespace vifi::parity
