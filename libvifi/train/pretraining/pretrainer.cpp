#include "pretraining/pretrainer.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <utility>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Reduction.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/argmax.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/smooth_l1_loss.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include "clip/initial_clip.h"
#include "data/random.h"
#include "clip/autocast.h"
#include "optim/contrastive_loss.h"
#include "optim/gradient_norm.h"
#include "vifi/error.h"
#include "vifi/preprocess.h"

namespace vifi::train {
namespace {

using at::Tensor;

constexpr std::int64_t kFormat = 1;                 // of the saved state
constexpr double kHighestLogitScale = 4.605170186;  // ln 100, as in CLIP
constexpr double kFilterGain = 0.3;          // of the first layer: patches come out near unit variance, then smaller
constexpr double kPositionDeviation = 0.15;  // of image positions: patches must be told apart early
constexpr double kSmoothBelow = 0.2;         // of point errors: squared below, absolute above
constexpr double kPointMiddle = 0.5, kPointSpread = 0.25;
constexpr std::uint64_t kWordingKey = 0x776F7264, kPatchKey = 0x7061746368;  // apart from the pictures' draws

at::Generator generator(std::uint64_t seed) {
  return at::detail::createCPUGenerator(seed);
}

/// [B, 3, S, S], float32, normalised by CLIP's statistics.
Tensor normalised(const std::vector<std::uint8_t>& pixels, std::int64_t size) {
  const std::int64_t count = std::ssize(pixels) / (3 * size * size);
  const Tensor bytes = at::from_blob(const_cast<std::uint8_t*>(pixels.data()), {count, 3, size, size}, at::kByte);
  const PreprocessSpec spec;
  const Tensor mean = at::tensor(at::ArrayRef<float>(spec.mean.data(), 3)).view({1, 3, 1, 1}),
               std = at::tensor(at::ArrayRef<float>(spec.std.data(), 3)).view({1, 3, 1, 1});
  return (bytes.to(at::kFloat) / 255 - mean) / std;
}

Tensor unit_rows(const Tensor& x) {
  return x / x.norm(2, /*dim=*/1, /*keepdim=*/true);
}

std::string replaced(std::string wording, const std::string& name) {
  const std::size_t at = wording.find("{}");
  return at == std::string::npos ? wording : wording.replace(at, 2, name);
}

std::vector<std::string> all_texts(const CaptionedImages& source) {
  std::vector<std::string> texts = source.vocabulary();
  for (const std::string& wording : source.label_wordings())
    texts.push_back(replaced(wording, " "));
  for (const std::string& label : source.labels())
    texts.push_back(label);
  return texts;
}

/// Whitened filters from pictures that no step sees.
Tensor first_filters(const CaptionedImages& source, const ClipConfig& config, const PretrainingOptions& options) {
  const auto count = static_cast<std::size_t>(options.whitening_images),
             area = static_cast<std::size_t>(3 * config.image_height * config.image_width);
  std::vector<std::uint8_t> pixels(count * area);
  std::vector<float> points(static_cast<std::size_t>(source.coordinates()));
  const auto reader = source.reader();
  for (std::size_t i = 0; i < count; ++i) {
    reader->read(~static_cast<std::uint64_t>(i), std::span(pixels).subspan(i * area, area), points);
  }
  return whitening_filters(normalised(pixels, config.image_height), config.patch_size, config.vision.width, kFilterGain,
                           generator(options.seed ^ kPatchKey));
}

ClipWeights first_weights(const CaptionedImages& source, ClipConfig config, const PretrainingOptions& options,
                          std::int64_t tokens) {
  config.image_height = config.image_width = source.image_size();
  config.vocab_size = tokens;
  ClipWeights weights = initial_clip(config, generator(options.seed));
  const at::NoGradGuard no_graph;
  if (options.whitening_images > 0) {
    weights.tensors["visual.conv1.weight"] = first_filters(source, config, options);
  }
  weights.tensors["visual.positional_embedding"].normal_(0, kPositionDeviation, generator(options.seed + 1));
  const std::int64_t unused = config.context_length - options.used_positions;
  if (unused > 0) {
    weights.tensors["positional_embedding"].narrow(0, options.used_positions, unused).zero_();
  }
  weights.tensors["token_embedding.weight"].select(0, 0).zero_();
  return weights;
}

/// Weight decay for matrices, none for vectors and numbers.
TrainingRecipe recipe_of(const PretrainingOptions& options) {
  TrainingRecipe recipe;
  recipe.groups =
      std::vector<ParameterGroup>{ParameterGroup{}, ParameterGroup{.lr_factor = 1, .weight_decay_factor = 0}};
  recipe.beta1 = 0.9;
  recipe.beta2 = 0.98;
  recipe.eps = 1e-6;
  recipe.weight_decay = options.weight_decay;
  return recipe;
}

std::vector<Parameter> parameters_of(const TrainedClip& clip, const Tensor& point_weight, const Tensor& point_bias) {
  std::vector<Parameter> parameters;
  const auto add = [&](const std::string& name, const Tensor& value) {
    parameters.push_back({.name = name, .value = value, .group = value.dim() >= 2 ? 0U : 1U});
  };
  for (const auto& [name, value] : clip.weights().tensors)
    add(name, value);
  if (point_weight.defined()) {
    add("points.weight", point_weight);
    add("points.bias", point_bias);
  }
  return parameters;
}

Tensor first_point_weight(std::int64_t coordinates, std::int64_t width, std::uint64_t seed) {
  if (coordinates == 0) return {};
  const double bound = 1 / std::sqrt(static_cast<double>(width));
  return at::empty({coordinates, width}, at::kFloat)
      .uniform_(-bound, bound, generator(seed + 2))
      .set_requires_grad(true);
}

const PretrainingOptions& checked(const PretrainingOptions& options, const CaptionedImages& source) {
  if (options.steps < 1 || options.warmup_steps < 0 || options.batch < 2 || !(options.lr >= 0) ||
      options.used_positions < 2 || options.whitening_images < 0 || options.workers < 1) {
    throw Error(ErrorCode::invalid_argument,
                "[pretrain] " + std::to_string(options.steps) + " steps of " + std::to_string(options.batch) +
                    " pictures: expected at least one step, two pictures, and no negative number");
  }
  if (options.arithmetic == Arithmetic::fp16) {
    throw Error(ErrorCode::unsupported, "[pretrain] fp16: the loss is not scaled here", "take fp32 or bf16");
  }
  if (source.labels().size() == 1) {
    throw Error(ErrorCode::invalid_argument, "[pretrain] one label: expected none, or two and more");
  }
  return options;
}

TorchDict settings_of(const PretrainingOptions& options) {
  TorchDict settings;
  settings.add("seed", static_cast<std::int64_t>(options.seed));
  settings.add("steps", options.steps);
  settings.add("warmup_steps", options.warmup_steps);
  settings.add("batch", options.batch);
  settings.add("lr", options.lr);
  settings.add("weight_decay", options.weight_decay);
  settings.add("caption_weight", options.caption_weight);
  settings.add("label_weight", options.label_weight);
  settings.add("point_weight", options.point_weight);
  settings.add("bf16", options.arithmetic == Arithmetic::bf16);
  return settings;
}

[[noreturn]] void refuse(const std::string& path, const std::string& what) {
  throw Error(ErrorCode::corrupt, "[resume] " + path + ": " + what, "remove it, and the pretraining begins anew");
}

template <typename T>
const T& entry(const TorchDict& dict, const char* key, const std::string& path) {
  const TorchValue* value = dict.find(key);
  const T* found = value == nullptr ? nullptr : value->as<T>();
  if (found == nullptr) refuse(path, std::string("no ") + key + " of a pretraining");
  return *found;
}

void copy_from(const Tensor& to, const Tensor& from, const std::string& name, const std::string& path) {
  if (from.sizes() != to.sizes()) refuse(path, name + " has another shape");
  Tensor(to).copy_(from);
}

}  // namespace

ClipConfig small_clip() {
  ClipConfig config;
  config.image_height = config.image_width = 64;
  config.patch_size = 8;
  config.embed_dim = 64;
  config.context_length = 77;
  config.vocab_size = 49408;
  config.vision = {.width = 128, .layers = 4, .heads = 2, .mlp_width = 512};
  config.text = {.width = 64, .layers = 2, .heads = 1, .mlp_width = 256};
  return config;
}

struct Pretrainer::Losses {
  Tensor total, caption, label, point;  // []; label and point undefined where no picture has any
  Tensor label_logits;                  // [labelled, K]
  Tensor targets;                       // [labelled]
};

Pretrainer::Pretrainer(const CaptionedImages& source, ClipConfig config, const PretrainingOptions& options)
    : source_(source),
      options_(checked(options, source)),
      tokens_(all_texts(source)),
      clip_(first_weights(source, config, options, tokens_.size())),
      point_weight_(first_point_weight(source.coordinates(), config.vision.width, options.seed)),
      point_bias_(point_weight_.defined() ? at::zeros({source.coordinates()}, at::kFloat).set_requires_grad(true)
                                          : Tensor()),
      parameters_(parameters_of(clip_, point_weight_, point_bias_)),
      optimizer_(parameters_, recipe_of(options)),
      schedule_{.lr = options.lr,
                .min_lr = options.lr * options.last_lr_share,
                .total_steps = options.steps,
                .warmup_steps = options.warmup_steps} {
  for (const std::string& wording : source.labels().empty() ? std::vector<std::string>() : source.label_wordings()) {
    std::vector<std::string> texts;
    for (const std::string& label : source.labels())
      texts.push_back(replaced(wording, label));
    label_rows_.push_back(tokens_.rows_of(texts, config.context_length));
  }
}

/// All labels in the wording of this step.
Tensor Pretrainer::label_rows(std::int64_t step) const {
  Random random({options_.seed, kWordingKey, static_cast<std::uint64_t>(step)});
  return label_rows_[static_cast<std::size_t>(random.below(std::ssize(label_rows_)))];
}

Pretrainer::Losses Pretrainer::losses(const ImageBatch& batch) const {
  std::vector<std::string> captions;
  std::vector<std::int64_t> labelled, labels, with_points;
  for (std::int64_t i = 0; i < std::ssize(batch.images); ++i) {
    const CaptionedImage& image = batch.images[static_cast<std::size_t>(i)];
    captions.push_back(image.caption);
    if (image.label >= 0) {
      labelled.push_back(i);
      labels.push_back(image.label);
    }
    if (image.has_points) with_points.push_back(i);
  }
  const std::int64_t context = clip_.weights().config.context_length, size = std::ssize(captions);
  Tensor read, features;
  {
    const Autocast autocast(at::kCPU, product_type(options_.arithmetic));
    read = clip_.read_images(normalised(batch.pixels, source_.image_size())).to(at::kFloat);  // [B, W]
  }
  features = unit_rows(clip_.projected(read));  // [B, E]
  const Tensor rows = tokens_.rows_of(captions, context);
  const bool has_labels = !labelled.empty() && !label_rows_.empty();
  const Tensor texts =
      unit_rows(clip_.text_features(has_labels ? at::cat({rows, label_rows(step_)}) : rows));  // [B (+ K), E]
  const Tensor scale = clip_.weights().tensors.at("logit_scale").exp();

  Losses losses;
  losses.caption = contrastive_loss(features, texts.narrow(0, 0, size), scale, same_text_targets(rows));
  losses.total = options_.caption_weight * losses.caption;
  if (has_labels) {
    const Tensor candidates = texts.narrow(0, size, texts.size(0) - size);  // [K, E]
    losses.targets = at::tensor(labels, at::kLong);
    losses.label_logits = scale * features.index_select(0, at::tensor(labelled, at::kLong)).matmul(candidates.t());
    losses.label = at::cross_entropy_loss(losses.label_logits, losses.targets);
    losses.total = losses.total + options_.label_weight * losses.label;
  }
  if (point_weight_.defined() && !with_points.empty()) {
    const Tensor chosen = at::tensor(with_points, at::kLong);
    const Tensor places =
        at::from_blob(const_cast<float*>(batch.points.data()), {size, source_.coordinates()}, at::kFloat);
    losses.point = at::smooth_l1_loss(at::linear(read.index_select(0, chosen), point_weight_, point_bias_),
                                      (places.index_select(0, chosen) - kPointMiddle) / kPointSpread,
                                      at::Reduction::Mean, kSmoothBelow);
    losses.total = losses.total + options_.point_weight * losses.point;
  }
  return losses;
}

PretrainingReport Pretrainer::take_step(const ImageBatch& batch) {
  const Losses of_batch = losses(batch);
  const auto number = [](const Tensor& loss) { return loss.defined() ? loss.item<double>() : 0.0; };
  PretrainingReport report{.step = step_ + 1,
                           .steps = options_.steps,
                           .loss = number(of_batch.total),
                           .caption_loss = number(of_batch.caption),
                           .label_loss = number(of_batch.label),
                           .point_loss = number(of_batch.point),
                           .lr = schedule_.at(step_ + 1)};
  if (!std::isfinite(report.loss)) {
    throw Error(ErrorCode::internal, "[pretrain] step " + std::to_string(step_) + ": the loss is not a number",
                "lower the learning rate, or compute in fp32");
  }
  if (of_batch.label_logits.defined()) {
    report.label_accuracy =
        100 * of_batch.label_logits.argmax(1).eq(of_batch.targets).to(at::kFloat).mean().item<double>();
  }
  of_batch.total.backward();
  limit_gradient_norm(parameters_, options_.gradient_norm);
  optimizer_.step(report.lr);
  optimizer_.clear_gradients();
  {
    const at::NoGradGuard no_graph;
    Tensor(clip_.weights().tensors.at("logit_scale")).clamp_max_(kHighestLogitScale);
  }
  ++step_;
  return report;
}

bool Pretrainer::run(const std::function<void(const PretrainingReport&)>& on_step, const std::function<bool()>& stop) {
  using Clock = std::chrono::steady_clock;
  if (step_ >= options_.steps) return true;
  ImageBatches batches(source_,
                       {.batch = options_.batch, .workers = options_.workers, .prefetch = 2, .first_step = step_});
  const Clock::time_point begin = Clock::now();
  const std::int64_t first = step_;
  while (step_ < options_.steps) {
    if (stop && stop()) return false;
    PretrainingReport report = take_step(batches.next());
    const double seconds = std::max(std::chrono::duration<double>(Clock::now() - begin).count(), 1e-9);
    const auto taken = static_cast<double>(step_ - first);
    report.images_per_second = taken * options_.batch / seconds;
    report.seconds_left = seconds / taken * static_cast<double>(options_.steps - step_);
    if (on_step) on_step(report);
  }
  return true;
}

TorchDict Pretrainer::state() const {
  TorchDict model, optimizer;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    model.add(parameters_[i].name, parameters_[i].value.detach());
    const AdamW::State& moments = optimizer_.states()[i];
    if (!moments.step.defined()) continue;
    TorchDict entry;
    entry.add("step", moments.step);
    entry.add("exp_avg", moments.exp_avg);
    entry.add("exp_avg_sq", moments.exp_avg_sq);
    optimizer.add(parameters_[i].name, std::move(entry));
  }
  TorchDict state;
  state.add("format", kFormat);
  state.add("step", step_);
  state.add("settings", settings_of(options_));
  state.add("pretraining", std::move(model));
  state.add("optimizer", std::move(optimizer));
  return state;
}

void Pretrainer::resume(const TorchValue& state, const std::string& path) {
  const auto* root = state.as<TorchDict>();
  if (root == nullptr) refuse(path, "expected a dict");
  if (entry<std::int64_t>(*root, "format", path) != kFormat) refuse(path, "it is of another version");
  const TorchDict& stored = entry<TorchDict>(*root, "settings", path);
  for (const auto& [key, value] : settings_of(options_).items) {
    const std::string& name = *key.as<std::string>();
    const TorchValue* other = stored.find(name);
    const bool same = other != nullptr && other->value.index() == value.value.index() &&
                      (value.as<double>() != nullptr ? *value.as<double>() == *other->as<double>()
                       : value.as<bool>() != nullptr ? *value.as<bool>() == *other->as<bool>()
                                                     : *value.as<std::int64_t>() == *other->as<std::int64_t>());
    if (!same) {
      throw Error(ErrorCode::invalid_argument, "[resume] " + path + ": it was begun with another " + name,
                  "go on with the same options, or name another output folder");
    }
  }
  const std::int64_t step = entry<std::int64_t>(*root, "step", path);
  if (step < 0 || step > options_.steps) refuse(path, "step " + std::to_string(step) + " is not of this pretraining");
  const TorchDict& model = entry<TorchDict>(*root, "pretraining", path);
  const TorchDict& optimizer = entry<TorchDict>(*root, "optimizer", path);
  const at::NoGradGuard no_graph;
  std::vector<AdamW::State> moments(parameters_.size());
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const Parameter& parameter = parameters_[i];
    copy_from(parameter.value, entry<Tensor>(model, parameter.name.c_str(), path), parameter.name, path);
    if (optimizer.find(parameter.name) == nullptr) continue;
    const TorchDict& dict = entry<TorchDict>(optimizer, parameter.name.c_str(), path);
    moments[i] = {at::zeros({}, at::kFloat), at::zeros(parameter.value.sizes(), at::kFloat),
                  at::zeros(parameter.value.sizes(), at::kFloat)};
    copy_from(moments[i].step, entry<Tensor>(dict, "step", path), parameter.name, path);
    copy_from(moments[i].exp_avg, entry<Tensor>(dict, "exp_avg", path), parameter.name, path);
    copy_from(moments[i].exp_avg_sq, entry<Tensor>(dict, "exp_avg_sq", path), parameter.name, path);
  }
  optimizer_.set_states(std::move(moments));
  step_ = step;
}

ClipWeights Pretrainer::weights() const {
  const at::NoGradGuard no_graph;
  ClipWeights weights = clip_.weights();
  for (auto& [name, tensor] : weights.tensors)
    tensor = tensor.detach().clone();
  Tensor& table = weights.tensors.at("token_embedding.weight");
  table = tokens_.whole_table(table);
  weights.config.vocab_size = table.size(0);
  return weights;
}

}  // namespace vifi::train
