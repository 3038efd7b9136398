#include "load_model.h"

#include <optional>
#include <utility>

#include <c10/core/ScalarType.h>

#include "clip/tensors.h"
#include "device.h"
#include "model_source.h"
#include "vifi/bundle.h"
#include "vifi/error.h"
#include "vifi/log.h"
#include "vifi/tokenizer.h"

namespace vifi {
namespace {

void check_bundle(const Bundle& bundle, const MethodInfo& method) {
  if (bundle.preprocess && bundle.preprocess->size != method.image_size) {
    throw Error(ErrorCode::corrupt,
                "[load model] preprocess.size of " + bundle.folder + ": expected " +
                    std::to_string(method.image_size) + ", the weights' image size, got " +
                    std::to_string(bundle.preprocess->size),
                "correct vifi.json");
  }
}

std::shared_ptr<const Tokenizer> tokenizer_of(const ModelSource& source, const MethodInfo& method) {
  const bool clip = method.tokenizer == TokenizerKind::clip_bpe;
  if (clip && source.bundle && (source.bundle->tokenizer_kind != "clip-bpe" || !source.bundle->tokenizer_file.empty())) {
    const Bundle& bundle = *source.bundle;
    throw Error(ErrorCode::unsupported,
                "[load model] tokenizer of " + bundle.folder + ": expected clip-bpe without a file, got " +
                    bundle.tokenizer_kind + (bundle.tokenizer_file.empty() ? "" : " with " + bundle.tokenizer_file),
                "method " + method.name + " reads CLIP's own vocabulary, which is built in");
  }
  if (clip) {
    return clip_tokenizer();
  }
  const auto options = find_sentencepiece(source.path);
  if (!options) {
    throw Error(ErrorCode::not_found,
                "[load model] " + source.path + ": method " + method.name +
                    " reads the ids of a SentencePiece model, and none belongs to it",
                source.bundle ? "put the file into the bundle: \"tokenizer\": {\"kind\": \"sentencepiece\", \"file\": …}"
                              : "put spiece.model or tokenizer.model beside the weights, or make a bundle that names it");
  }
  return sentencepiece_tokenizer(*options);
}

ModelInfo describe(const ModelSource& source, const MethodInfo& method, const Placement& placement) {
  if (method.image_size == 0) {
    throw Error(ErrorCode::unsupported, "[load model] " + source.path + ": its images are not square",
                "frames are prepared as squares; use a model with a square input");
  }
  ModelInfo info;
  info.name = source.name;
  info.method = method.name;
  info.path = source.path;
  info.device = placement.device;
  info.precision = placement.precision;
  info.cpu_kernels = method.kernels;
  info.preprocess = method.preprocess;
  info.state_size = method.state_size;
  info.embed_dim = method.embed_dim;
  info.states_reusable = method.states_reusable;
  info.logit_scale = method.logit_scale;
  info.logit_bias = method.logit_bias;
  info.templates = method.prompts.templates;
  info.macs_per_frame = method.macs_per_frame;
  info.macs_per_prompt = method.macs_per_prompt;
  info.parameters = method.parameters;
  info.assumptions = method.assumptions;
  const auto assume = [&](const std::string& what) { info.assumptions.push_back(what); };
  const Bundle bundle = source.bundle.value_or(Bundle{});
  if (source.bundle) {
    check_bundle(bundle, method);
  }
  if (bundle.preprocess) {
    info.preprocess = *bundle.preprocess;
  } else {
    assume("preprocessing: the method's own, at " + std::to_string(method.image_size) + " pixels");
  }
  if (!bundle.templates.empty()) {
    info.templates = bundle.templates;
  } else {
    assume("prompt template: \"" + info.templates.front() + "\"");
  }
  if (!bundle.frames || !bundle.window_ns) {
    assume("window: 16 frames over 4 s unless the bundle says otherwise");
  }
  info.frames = bundle.frames.value_or(info.frames);
  info.window_ns = bundle.window_ns.value_or(info.window_ns);
  info.hop_ns = bundle.hop_ns.value_or(info.hop_ns);
  info.temperature = bundle.temperature.value_or(info.temperature);
  if (!bundle.labels.empty()) {
    info.labels = make_label_set(bundle.labels);
    info.labels.add_backgrounds(bundle.background_labels);
  }
  return info;
}

}  // namespace

std::shared_ptr<Model> load_torch_model(const ModelOptions& options) {
  const Placement placement = place(options);
  const ModelSource source = read_source(options.path);
  prepare_process(placement);
  const BuildOn build_on(placement.place);
  auto method = create_method(source.bundle ? source.bundle->method : "", source.method,
                              {.dtype = placement.dtype, .kernels = options.cpu_kernels});
  ModelInfo info = describe(source, method->info(), placement);
  for (const std::string& assumption : info.assumptions) {
    log(LogLevel::info, "[load model] " + info.name + ": assumed " + assumption);
  }
  auto tokenizer = tokenizer_of(source, method->info());
  return std::make_shared<TorchModel>(std::move(info), std::move(method), std::move(tokenizer), placement);
}

ModelReport inspect_model(const std::string& path) {
  ModelSource source = read_source(path);
  source.method.look_closely = true;
  return inspect_source(source);
}

ModelReport inspect_source(const ModelSource& source) {
  const auto method = create_method(source.bundle ? source.bundle->method : "", source.method,
                                    {.dtype = at::kFloat, .kernels = CpuKernels::plain});
  ModelReport report;
  report.info = describe(source, method->info(), Placement{.device = "cpu"});
  report.format = method->info().format;
  report.findings = method->info().findings;
  report.learned = method->info().learned;
  for (const auto& [name, tensor] : source.method.checkpoint.tensors) {
    report.tensors.push_back({name, c10::toString(tensor.scalar_type()), tensor.sizes().vec()});
  }
  return report;
}

}  // namespace vifi
