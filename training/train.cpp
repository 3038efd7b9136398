#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <memory>

#include "commands.h"
#include "config_arguments.h"
#include "interrupt.h"
#include "loop/peak_memory.h"
#include "loop/trainer.h"
#include "protocols/clip_sets.h"
#include "protocols/start.h"
#include "session.h"
#include "vifi/error.h"

namespace vifi::training {
namespace {

struct Arguments {
  ConfigArguments config;
  MachineArguments machine;
  std::string resume;
  int virtual_ranks = 1;
  bool dry_run = false;
};

constexpr std::int64_t kDryRunSteps = 10;

std::string parameter_summary(const Trainable& model) {
  std::int64_t all = 0, trained = 0;
  for (const Parameter& parameter : model.parameters()) {
    all += parameter.value.numel();
    trained += parameter.value.requires_grad() ? parameter.value.numel() : 0;
  }
  return fmt::format("{} of {} parameters are trained", trained, all);
}

std::string resume_path(const std::string& given, const std::string& folder) {
  if (given != "auto") {
    return given;
  }
  const auto newest = train::newest_checkpoint(folder);
  std::cerr << (newest ? "going on from " + *newest : "nothing to resume in " + folder + ": a new training") << '\n';
  return newest.value_or("");
}

/// What one run of `train` works with.
class Run {
 public:
  explicit Run(const Arguments& arguments)
      : arguments_(arguments), config_(arguments.config.resolve()), labels_(train::classes_of(config_)) {
    if (const auto launch = train::launch_of_environment(); launch && !arguments_.dry_run) {
      group_ = train::join_gloo(*launch);
    }
    if (!arguments_.dry_run && first()) {
      folder_.emplace(config_.text("OUTPUT"));
      folder_->write_config(train::yaml_text(config_));
    }
    model_ = train::trainable_of(config_, arguments_.machine.device());
    clips_ = train::training_clips(config_, model_->recipe(), clip_options());
    if (!config_.text("DATA.VAL_FILE").empty()) {
      test_clips_ = train::test_clips(config_, "", model_->recipe().preprocess, clip_options());
    }
    train::TrainerOptions options{.workers = arguments_.machine.workers(), .virtual_ranks = arguments_.virtual_ranks};
    options.arithmetic = arguments_.machine.arithmetic();
    options.on_broken = arguments_.machine.on_broken();
    options.group = group_.get();
    options.resume = arguments_.dry_run ? "" : resume_path(arguments_.resume, config_.text("OUTPUT"));
    options.most_steps = arguments_.dry_run ? kDryRunSteps : 0;
    trainer_ =
        std::make_unique<train::Trainer>(*model_, labels_, clips_, config_, options, folder_ ? &*folder_ : nullptr);
  }

  int train() {
    const train::TrainingEnd end = trainer_->run({.on_step = [this](const train::StepReport& report) { show(report); },
                                                  .evaluate = evaluator(),
                                                  .stop = interrupted});
    progress_.end();
    for (const train::BrokenSample& sample : trainer_->broken()) {
      std::cerr << "vifi-train: skipped " << sample.name << ": " << sample.error << '\n';
    }
    if (end == train::TrainingEnd::stopped) {
      std::cerr << "stopped; go on with --resume auto\n";
      return kFailed;
    }
    if (test_clips_ && first()) {
      std::cout << fmt::format("best top-1 {:.2f} %\n", trainer_->best_accuracy());
    }
    return kDone;
  }

  int dry_run() {
    std::cout << train::yaml_text(config_) << "\n# " << parameter_summary(*model_) << "\n# " << clips_->size()
              << " clips, " << trainer_->clock().steps_per_epoch() << " batches in an epoch\n";
    const train::CosineSchedule& schedule = trainer_->clock().schedule();
    const std::int64_t steps = trainer_->clock().steps_per_epoch();
    for (std::int64_t epoch = 0; epoch < model_->recipe().epochs; ++epoch) {
      std::cout << fmt::format("# epoch {}: rate {:.4g} to {:.4g}\n", epoch, schedule.at(epoch * steps),
                               schedule.at((epoch + 1) * steps - 1));
    }
    train::StepReport last;
    trainer_->run(
        {.on_step = [&](const train::StepReport& report) { last = report; }, .evaluate = {}, .stop = interrupted});
    std::cout << fmt::format("# {:.2f} clips/s: {} for an epoch, {} for the training\n", last.clips_per_second,
                             duration(static_cast<double>(clips_->size()) / last.clips_per_second),
                             duration(last.seconds_left))
              << fmt::format("# {:.1f} GB of memory on {} at most\n",
                             1e-9 * static_cast<double>(train::peak_memory(model_->device())), model_->device().str());
    return kDone;
  }

 private:
  train::ClipSetOptions clip_options() const { return {.cache_folder = arguments_.machine.cache()}; }

  /// The process that speaks and writes.
  bool first() const { return !group_ || group_->rank() == 0; }

  void show(const train::StepReport& report) {
    if (!first()) {
      return;
    }
    const std::int64_t every = std::max<std::int64_t>(config_.integer("PRINT_FREQ"), 1);
    const bool keep = report.step % every == 0 || report.step == report.steps;
    progress_.show(static_cast<double>(report.step) / static_cast<double>(report.steps),
                   fmt::format("epoch {}/{} batch {}/{} loss {:.4f} (mean {:.4f}) rate {:.3g} {:.2f} clips/s, {} left",
                               report.epoch + 1, report.epochs, report.step, report.steps, report.loss,
                               report.mean_loss, report.lr, report.clips_per_second, duration(report.seconds_left)),
                   keep);
    if (keep && folder_) {
      folder_->log({{"epoch", report.epoch},
                    {"step", report.step},
                    {"steps", report.steps},
                    {"loss", report.loss},
                    {"mean_loss", report.mean_loss},
                    {"lr", report.lr},
                    {"clips_per_second", report.clips_per_second}});
    }
  }

  std::function<double(std::int64_t, Trainable&)> evaluator() {
    if (!test_clips_) {
      return {};
    }
    return [this](std::int64_t epoch, Trainable& model) {
      progress_.end();
      const auto snapshot = model.snapshot({.dtype = at::kFloat, .kernels = CpuKernels::automatic});
      const train::Accuracy accuracy =
          run_test(*snapshot, test_clips_, labels_, config_, arguments_.machine, "test", progress_, group_.get())
              .accuracy;
      if (first()) {
        std::cerr << fmt::format("epoch {}: top-1 {:.2f} %, top-5 {:.2f} % of {}\n", epoch + 1, accuracy.top1(),
                                 accuracy.top5(), accuracy.total());
        folder_->log({{"epoch", epoch},
                      {"top1", accuracy.top1()},
                      {"top5", accuracy.top5()},
                      {"samples", accuracy.total()}});
      }
      return accuracy.top1();
    };
  }

  const Arguments& arguments_;
  train::Config config_;
  LabelSet labels_;
  std::unique_ptr<train::ProcessGroup> group_;  // null: this process is alone
  std::optional<train::RunFolder> folder_;
  std::unique_ptr<Trainable> model_;
  std::shared_ptr<const train::VideoClips> clips_;
  std::shared_ptr<const train::VideoClips> test_clips_;
  std::unique_ptr<train::Trainer> trainer_;
  Progress progress_;
};

int run(Arguments& arguments) {
  arguments.machine.apply(Products::reproducible);
  Run training(arguments);
  return arguments.dry_run ? training.dry_run() : training.train();
}

}  // namespace

void add_train(CLI::App& program, Action& action) {
  CLI::App* command = program.add_subcommand("train", "Trains a model on the clips of an annotation list");
  const auto arguments = std::make_shared<Arguments>();
  arguments->config.add_to(*command);
  arguments->machine.add_to(*command);
  arguments->machine.add_precision_to(*command, {"fp32", "bf16", "fp16"});
  command
      ->add_option("--resume", arguments->resume,
                   "Go on exactly where a training stopped: its checkpoint, or auto for the newest good one in the "
                   "output folder")
      ->type_name("FILE|auto");
  command
      ->add_option("--virtual-ranks", arguments->virtual_ranks,
                   "Logical devices, one after another: the reference trains on 8")
      ->check(CLI::Range(1, 4096).description(""))
      ->capture_default_str();
  command->add_flag("--dry-run", arguments->dry_run,
                    "Print the configuration, the schedule, the time an epoch takes and its memory; save nothing");
  command->footer(
      "Example:\n  vifi train --config run.yaml --pretrained ViT-B-16.pt --output runs/one --opts TRAIN.EPOCHS 2");
  command->callback([&action, arguments] { action = [arguments] { return run(*arguments); }; });
}

}  // namespace vifi::training
