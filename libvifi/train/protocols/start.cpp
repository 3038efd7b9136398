#include "protocols/start.h"

#include <string>
#include <utility>

#include "clip/tensors.h"
#include "train_access.h"
#include "video/reference_preprocess.h"
#include "vifi/error.h"
#include "vifi/log.h"
#include "weights/checkpoint.h"

namespace vifi::train {
namespace {

StartingPoint start_of(const Config& config) {
  const std::string path = config.text("MODEL.PRETRAINED");
  if (path.empty()) {
    throw Error(ErrorCode::invalid_argument,
                "[train] MODEL.PRETRAINED is empty, and weights of " + config.text("MODEL.ARCH") + " are not fetched here",
                "name the CLIP that the training starts from: --pretrained FILE");
  }
  return read_starting_point(path);
}

void check_size(const Config& config, const PreprocessSpec& preprocess) {
  const std::int64_t size = config.integer("DATA.INPUT_SIZE");
  if (size != preprocess.size) {
    throw Error(ErrorCode::invalid_argument, "[train] DATA.INPUT_SIZE: expected " + std::to_string(preprocess.size) +
                                                 ", which the model reads, got " + std::to_string(size),
                "--opts DATA.INPUT_SIZE " + std::to_string(preprocess.size));
  }
}

}  // namespace

LabelSet classes_of(const Config& config) {
  const std::string file = config.text("DATA.LABEL_LIST");
  LabelSet labels = read_label_file(file);
  if (std::ssize(labels.labels) != config.integer("DATA.NUM_CLASSES")) {
    throw Error(ErrorCode::invalid_argument,
                "[data] DATA.NUM_CLASSES: expected " + std::to_string(labels.labels.size()) + ", the names in " + file +
                    ", got " + std::to_string(config.integer("DATA.NUM_CLASSES")),
                "--opts DATA.NUM_CLASSES " + std::to_string(labels.labels.size()));
  }
  return labels;
}

std::unique_ptr<Trainable> trainable_of(const Config& config, at::Device device) {
  const BuildOn build_on(device);
  const StartingPoint start = start_of(config);
  auto model = create_trainable(start.method, start.source, config.tree(),
                                static_cast<std::uint64_t>(config.integer("SEED")));
  check_size(config, model->recipe().preprocess);
  return model;
}

std::unique_ptr<Method> tested_model(const Config& config, at::Device device) {
  const BuildOn build_on(device);
  StartingPoint start = start_of(config);
  const std::string tuned = config.text("MODEL.RESUME");
  if (!tuned.empty()) {
    start.source.base = std::move(start.source.checkpoint);
    start.source.checkpoint = read_checkpoint(tuned);
    start.source.overrides.preprocess.reset();  // tuned weights say themselves behind what they were trained
  }
  auto model = create_method(start.method, start.source,
                             {.dtype = at::kFloat, .kernels = CpuKernels::automatic});
  check_size(config, model->info().preprocess);
  return model;
}

PreprocessSpec tested_preprocess(const Config& config, const Method& model) {
  const PreprocessSpec& own = model.info().preprocess;
  const PreprocessSpec reference = reference_preprocess(own.size);
  if (config.at("DATA").value("MODEL_PREPROCESS", false)) {
    return own;
  }
  if (!config.text("MODEL.RESUME").empty() && own != reference) {
    log(LogLevel::warning, "[eval] " + config.text("MODEL.RESUME") + " wants its frames prepared in another way than the " +
                               "reference's, which this test follows: --opts DATA.MODEL_PREPROCESS True");
  }
  return reference;
}

std::vector<std::string> tested_templates(const Config& config, const Method& model) {
  if (!config.text("MODEL.RESUME").empty() || !model.info().prompts.context.empty()) {
    return {};
  }
  try {
    const auto start = create_trainable(model.info().name, start_of(config).source, config.tree(), 0);
    const PromptRule& prompts = start->recipe().prompts;
    return prompts.context.empty() ? prompts.templates : std::vector<std::string>();
  } catch (const Error& error) {
    if (error.code() == ErrorCode::unsupported) {
      return {};  // a method that is not trained here has sentences of its own alone
    }
    throw;
  }
}

}  // namespace vifi::train
