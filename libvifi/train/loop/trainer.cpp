#include "loop/trainer.h"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <utility>

#include <ATen/ops/from_blob.h>

#include "optim/losses.h"
#include "protocols/class_prompts.h"
#include "transforms/mixing.h"
#include "vifi/error.h"

namespace vifi::train {
namespace {

std::unique_ptr<Loader> loader_of(const std::shared_ptr<const ClipSource>& clips, const Config& config,
                                  const TrainerOptions& options, int rank) {
  return std::make_unique<Loader>(clips, LoaderOptions{.batch = static_cast<int>(config.integer("TRAIN.BATCH_SIZE")),
                                                       .workers = options.workers,
                                                       .shuffle = true,
                                                       .drop_last = true,
                                                       .seed = static_cast<std::uint64_t>(config.integer("SEED")),
                                                       .rank = rank,
                                                       .ranks = options.virtual_ranks * (options.group == nullptr ? 1 : options.group->size()),
                                                       .on_broken = options.on_broken});
}

std::vector<std::unique_ptr<Loader>> loaders_of(const std::shared_ptr<const ClipSource>& clips, const Config& config,
                                                const TrainerOptions& options) {
  if (options.virtual_ranks < 1) {
    throw Error(ErrorCode::invalid_argument, "[train] " + std::to_string(options.virtual_ranks) + " virtual ranks: expected 1 or more");
  }
  std::vector<std::unique_ptr<Loader>> loaders;
  const int first = options.group == nullptr ? 0 : options.group->rank() * options.virtual_ranks;
  for (int rank = 0; rank < options.virtual_ranks; ++rank) {
    loaders.push_back(loader_of(clips, config, options, first + rank));
  }
  return loaders;
}

TrainingClock clock_of(const TrainingRecipe& recipe, const Config& config, std::int64_t steps_per_epoch) {
  if (recipe.schedule != "cosine") {
    throw Error(ErrorCode::unsupported, "[train] TRAIN.LR_SCHEDULER: expected cosine, got " + recipe.schedule);
  }
  return {CosineSchedule::of({.epochs = recipe.epochs,
                              .steps_per_epoch = steps_per_epoch,
                              .warmup_epochs = recipe.warmup_epochs,
                              .lr = recipe.lr}),
          steps_per_epoch, config.integer("TRAIN.ACCUMULATION_STEPS")};
}

}  // namespace

/// Measures how fast the training goes.
class Trainer::Pace {
 public:
  void add(std::int64_t clips) {
    clips_ += clips;
    ++steps_;
  }
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count(); }
  double clips_per_second() const { return static_cast<double>(clips_) / std::max(seconds(), 1e-9); }
  double seconds_per_step() const { return seconds() / static_cast<double>(std::max<std::int64_t>(steps_, 1)); }

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  std::int64_t clips_ = 0;
  std::int64_t steps_ = 0;
};

Trainer::Trainer(Trainable& model, const LabelSet& labels, std::shared_ptr<const ClipSource> clips, const Config& config,
                 const TrainerOptions& options, const RunFolder* folder)
    : model_(model),
      config_(config),
      options_(options),
      folder_(folder),
      ids_(prompt_ids(model.recipe(), labels)),
      loaders_(loaders_of(clips, config, options)),
      optimizer_(model.parameters(), model.recipe()),
      clock_(clock_of(model.recipe(), config, loaders_.front()->steps())),
      stepper_(model_, optimizer_, clock_, ids_, options.arithmetic) {
  if (options.group != nullptr) {
    share_gradients();
  }
  const std::string start = config.text("MODEL.RESUME");
  if (!options.resume.empty()) {
    position_ = resume(options.resume, ResumeRule::exact, model_, optimizer_, clock_, scaler());
  } else if (!start.empty()) {
    position_ = resume(start, ResumeRule::reference, model_, optimizer_, clock_, scaler());
  }
}

Trainer::~Trainer() = default;

/// What goes back through the text tower is averaged before it does. So every process takes the same steps there, to
/// the bit those of as many logical ranks in one process.
void Trainer::share_gradients() {
  std::vector<at::Tensor> trained;
  for (const Parameter& parameter : model_.parameters()) {
    if (parameter.value.requires_grad()) {
      trained.push_back(parameter.value);
    }
  }
  buckets_ = std::make_unique<GradientBuckets>(*options_.group, std::move(trained));
  stepper_.before_last_backward = [this](const at::Tensor& leaf) { buckets_->begin(leaf); };
  stepper_.before_text = [this](const at::Tensor& leaf) { buckets_->finish_leaf(leaf); };
  stepper_.before_optimizer = [this] { buckets_->finish(); };
}

std::vector<BrokenSample> Trainer::broken() const {
  std::vector<BrokenSample> all;
  for (const auto& loader : loaders_) {
    for (BrokenSample& sample : loader->broken()) {
      all.push_back(std::move(sample));
    }
  }
  return all;
}

TrainingEnd Trainer::run(const TrainerCalls& calls) {
  Pace pace;
  const std::int64_t epochs = model_.recipe().epochs;
  for (std::int64_t epoch = position_.epoch; epoch < epochs; ++epoch) {
    if (!train_epoch(epoch, calls, pace)) {
      return TrainingEnd::stopped;
    }
    finish_epoch(epoch, calls);
  }
  return TrainingEnd::finished;
}

bool Trainer::train_epoch(std::int64_t epoch, const TrainerCalls& calls, Pace& pace) {
  stepper_.begin_epoch(epoch);
  clock_.go_to(position_.step);
  for (const auto& loader : loaders_) {
    loader->begin(epoch, position_.step);
  }
  position_ = {.epoch = epoch, .step = position_.step, .best_accuracy = position_.best_accuracy};
  StepReport report{.epoch = epoch, .epochs = model_.recipe().epochs, .steps = clock_.steps_per_epoch()};
  double losses = 0;
  const std::int64_t first = position_.step;
  while (!clock_.epoch_done()) {
    if (stops_here(calls)) {
      position_.step = clock_.step_in_epoch();
      save_interrupted();
      return false;
    }
    std::vector<Batch> batches;
    const std::vector<StepInput> inputs = next_inputs(batches);
    report.lr = clock_.lr();
    report.loss = stepper_.step(inputs);
    if (options_.group != nullptr) {
      report.loss = options_.group->mean(report.loss);
    }
    std::int64_t clips = 0;
    for (std::size_t rank = 0; rank < batches.size(); ++rank) {
      clips += batches[rank].shape[0];
      loaders_[rank]->recycle(std::move(batches[rank]));
    }
    pace.add(options_.group == nullptr ? clips : clips * options_.group->size());
    ++steps_taken_;
    losses += report.loss;
    report.step = clock_.step_in_epoch();
    report.mean_loss = losses / static_cast<double>(report.step - first);
    report.clips_per_second = pace.clips_per_second();
    report.seconds_left = pace.seconds_per_step() *
                          static_cast<double>((report.epochs - epoch) * report.steps - report.step);
    if (calls.on_step) {
      calls.on_step(report);
    }
  }
  position_.step = 0;
  return true;
}

/// Only where no gradient is under way, so that what is saved is all there is.
bool Trainer::stops_here(const TrainerCalls& calls) const {
  if (clock_.step_in_epoch() % clock_.accumulation() != 0) {
    return false;
  }
  const bool stop = (options_.most_steps > 0 && steps_taken_ >= options_.most_steps) || (calls.stop && calls.stop());
  return options_.group == nullptr ? stop : options_.group->any(stop);
}

std::vector<StepInput> Trainer::next_inputs(std::vector<Batch>& batches) {
  std::vector<StepInput> inputs;
  for (int rank = 0; rank < options_.virtual_ranks; ++rank) {
    std::optional<Batch> batch = loaders_[static_cast<std::size_t>(rank)]->next();
    if (!batch) {
      throw Error(ErrorCode::internal, "[train] the loader ended before the epoch");
    }
    batches.push_back(std::move(*batch));
    if (batches.back().shape[0] > 0) {  // all of it may have been skipped
      inputs.push_back(prepared(batches.back(), first_rank() + rank));
    }
  }
  return inputs;
}

/// On a processor the clips share the batch's memory unless they are mixed.
StepInput Trainer::prepared(const Batch& batch, int rank) const {
  const TargetRecipe& recipe = model_.recipe().targets;
  const at::Tensor clips = at::from_blob(const_cast<float*>(batch.images.data()), batch.shape, at::kFloat);
  const at::Tensor labels =
      at::from_blob(const_cast<std::int64_t*>(batch.labels.data()), {std::ssize(batch.labels)}, at::kLong);
  const std::int64_t classes = ids_.size(0);
  if (recipe.mixup_alpha == 0 && recipe.cutmix_alpha == 0) {
    return {clips.to(model_.device()), smoothed_targets(labels, classes, recipe.smoothing).to(model_.device())};
  }
  const auto key = [](std::int64_t number) { return static_cast<std::uint64_t>(number); };
  Random random{key(config_.integer("SEED")), key(clock_.epoch()), key(clock_.step_in_epoch()), key(rank)};
  const MixingSpec spec{recipe.mixup_alpha, recipe.cutmix_alpha, recipe.cutmix_share, recipe.smoothing};
  const MixingDraws draws = draw_mixing(spec, clips.size(0), clips.size(3), clips.size(4), random);
  MixedBatch mixed = mix(clips, labels, classes, recipe.smoothing, draws);
  return {mixed.clips.to(model_.device()), mixed.targets.to(model_.device())};
}

void Trainer::finish_epoch(std::int64_t epoch, const TrainerCalls& calls) {
  position_.epoch = epoch + 1;
  const bool saved = epoch % std::max<std::int64_t>(config_.integer("SAVE_FREQ"), 1) == 0 || position_.epoch == model_.recipe().epochs;
  if (!saved) {
    return;
  }
  bool best = false;
  if (calls.evaluate) {
    const double accuracy = calls.evaluate(epoch, model_);
    best = accuracy > position_.best_accuracy;
    position_.best_accuracy = std::max(accuracy, position_.best_accuracy);
  }
  if (folder_ != nullptr) {
    folder_->save_epoch(epoch, training_state(model_, ids_, optimizer_, clock_, position_, config_.tree(), scaler()), best);
    folder_->forget_interrupted();
  }
}

void Trainer::save_interrupted() {
  if (folder_ != nullptr) {
    folder_->save_interrupted(training_state(model_, ids_, optimizer_, clock_, position_, config_.tree(), scaler()));
  }
}

}  // namespace vifi::train
