#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "data/loader.h"
#include "distributed/gradient_buckets.h"
#include "distributed/process_group.h"
#include "loop/run_folder.h"
#include "loop/stepper.h"
#include "loop/training_state.h"
#include "methods/training.h"
#include "vifi/export.h"
#include "vifi/labels.h"

namespace vifi::train {

struct TrainerOptions {
  int workers = 2;        ///< threads that read clips
  int virtual_ranks = 1;  ///< logical ranks, one after another; their gradients are averaged
  Arithmetic arithmetic = Arithmetic::fp32;
  OnBroken on_broken = OnBroken::fail;
  ProcessGroup* group = nullptr;  ///< other processes of this training; each has `virtual_ranks` logical ranks
  std::string resume{};           ///< checkpoint; empty: MODEL.RESUME, if any, by the reference's rule
  std::int64_t most_steps = 0;    ///< ends after so many micro-steps; 0: never (for `--dry-run`)
};

struct StepReport {
  std::int64_t epoch = 0, epochs = 0;
  std::int64_t step = 0, steps = 0;  ///< micro-steps of the epoch: done, all
  double loss = 0;                   ///< of this micro-step
  double mean_loss = 0;              ///< of the epoch so far
  double lr = 0;                     ///< in force at this micro-step
  double clips_per_second = 0;       ///< since the run began
  double seconds_left = 0;           ///< of the training, estimated
};

/// What a caller may look at and decide. All are called by the training thread; each may be empty.
struct TrainerCalls {
  std::function<void(const StepReport&)> on_step{};
  /// Accuracy of the model on what is held out, percent. Asked at the epochs that are saved.
  std::function<double(std::int64_t epoch, Trainable& model)> evaluate{};
  /// Asked between optimizer steps. True: the state is saved, and the training ends.
  std::function<bool()> stop{};
};

enum class TrainingEnd { finished, stopped };

/// Runs a training: epochs, batches, mixing, saving. Knows no method: what is trained and how stands in the recipe.
/// One thread at a time.
class VIFI_API Trainer {
 public:
  /// @param model   outlives this
  /// @param labels  of the classes, in the order of the source's labels
  /// @param config  the reference's keys, as resolved
  /// @param folder  null: nothing is saved
  /// @throws Error
  Trainer(Trainable& model, const LabelSet& labels, std::shared_ptr<const ClipSource> clips, const Config& config,
          const TrainerOptions& options, const RunFolder* folder);
  ~Trainer();
  Trainer(const Trainer&) = delete;
  Trainer& operator=(const Trainer&) = delete;

  /// @throws Error; what was saved stays
  TrainingEnd run(const TrainerCalls& calls);

  const TrainingClock& clock() const noexcept { return clock_; }
  double best_accuracy() const noexcept { return position_.best_accuracy; }
  std::vector<BrokenSample> broken() const;

 private:
  class Pace;

  bool train_epoch(std::int64_t epoch, const TrainerCalls& calls, Pace& pace);
  bool stops_here(const TrainerCalls& calls) const;
  std::vector<StepInput> next_inputs(std::vector<Batch>& batches);
  LossScaler* scaler() { return stepper_.scaler() ? &*stepper_.scaler() : nullptr; }
  int ranks_here() const { return options_.virtual_ranks; }
  int first_rank() const { return options_.group == nullptr ? 0 : options_.group->rank() * options_.virtual_ranks; }
  void share_gradients();
  StepInput prepared(const Batch& batch, int rank) const;
  void finish_epoch(std::int64_t epoch, const TrainerCalls& calls);
  void save_interrupted();

  Trainable& model_;
  Config config_;
  TrainerOptions options_;
  const RunFolder* folder_;
  at::Tensor ids_;                                // [K, L]
  std::vector<std::unique_ptr<Loader>> loaders_;  // one for each rank
  AdamW optimizer_;
  TrainingClock clock_;
  Position position_;
  Stepper stepper_;
  std::unique_ptr<GradientBuckets> buckets_;  // null: one process
  std::int64_t steps_taken_ = 0;
};

}  // namespace vifi::train
