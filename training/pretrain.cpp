#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>

#include "commands.h"
#include "interrupt.h"
#include "loop/run_folder.h"
#include "session.h"
#include "vifi/error.h"
#if VIFI_HAVE_MINI
#include "mini/mini_images.h"
#include "pretraining/clip_bundle.h"
#include "pretraining/pretrainer.h"
#include "weights/torch_archive.h"
#include "weights/torch_writer.h"
#endif

namespace vifi::training {
namespace {

namespace fs = std::filesystem;

struct Arguments {
  std::string output;
  std::string list = "pretraining";
  std::uint64_t seed = 1;
  std::int64_t steps = 3700, warmup = 100, save_every = 200, print_every = 50;
  int batch = 128;
  double lr = 2e-3;
  MachineArguments machine;
};

#if VIFI_HAVE_MINI
std::string line_of(const train::PretrainingReport& report) {
  return fmt::format(
      "step {}/{} loss {:.3f} (captions {:.3f}, labels {:.3f}, points {:.4f}) labels right {:.1f} % rate {:.3g} {:.0f} "
      "images/s, {} left",
      report.step, report.steps, report.loss, report.caption_loss, report.label_loss, report.point_loss,
      report.label_accuracy, report.lr, report.images_per_second, duration(report.seconds_left));
}

int run(Arguments& arguments) {
  arguments.machine.apply(Products::reproducible);
  const train::RunFolder folder(arguments.output);
  const fs::path model = fs::path(folder.path()) / "model", state = fs::path(folder.path()) / "pretraining.pth";
  if (fs::exists(model)) {
    std::cout << model.string() << ": there already\n";
    return kDone;
  }
  const train::mini::MiniImages images(arguments.list, arguments.seed);
  train::Pretrainer pretrainer(
      images, train::small_clip(),
      {.seed = arguments.seed,
       .steps = arguments.steps,
       .warmup_steps = std::min(arguments.warmup, arguments.steps),
       .batch = arguments.batch,
       .lr = arguments.lr,
       .arithmetic = arguments.machine.arithmetic(),
       .workers = arguments.machine.workers()});
  if (fs::exists(state)) {
    pretrainer.resume(read_torch_value(state.string()), state.string());
    std::cerr << "going on behind step " << pretrainer.step() << " of " << state.string() << '\n';
  }
  const auto save = [&] { save_torch_archive(state.string(), pretrainer.state(), "pretraining"); };
  Progress progress;
  const bool finished = pretrainer.run(
      [&](const train::PretrainingReport& report) {
        const bool keep = report.step % arguments.print_every == 0 || report.step == report.steps;
        progress.show(static_cast<double>(report.step) / static_cast<double>(report.steps), line_of(report), keep);
        if (keep) {
          folder.log({{"step", report.step},
                      {"steps", report.steps},
                      {"loss", report.loss},
                      {"caption_loss", report.caption_loss},
                      {"label_loss", report.label_loss},
                      {"point_loss", report.point_loss},
                      {"label_accuracy", report.label_accuracy},
                      {"lr", report.lr},
                      {"images_per_second", report.images_per_second}});
        }
        if (report.step % arguments.save_every == 0 && report.step < report.steps) save();
      },
      interrupted);
  progress.end();
  if (!finished) {
    save();
    std::cerr << "stopped; the same command goes on\n";
    return kFailed;
  }
  train::write_clip_bundle(
      model.string(), pretrainer.weights(),
      {.labels = images.labels(), .trained_on = "drawn pictures of people with captions; it knows nothing else"});
  std::error_code error;
  fs::remove(state, error);
  std::cout << model.string() << '\n';
  return kDone;
}
#else
int run(const Arguments&) {
  throw Error(ErrorCode::unsupported, "[pretrain] this build cannot draw pictures: it was made without Cairo",
              "install libcairo2-dev and build again");
}
#endif

}  // namespace

void add_pretrain(CLI::App& program, Action& action) {
  CLI::App* command = program.add_subcommand(
      "pretrain", "Trains a small CLIP from nothing on captioned pictures of the miniature world");
  const auto arguments = std::make_shared<Arguments>();
  command
      ->add_option("--output", arguments->output,
                   "Gets model/ (a bundle), log.jsonl, and until then pretraining.pth; what is there is gone on with")
      ->required()
      ->type_name("FOLDER");
  command
      ->add_option("--list", arguments->list,
                   "Phrases that pictures show and that are labels (as of `vifi dataset mini`)")
      ->type_name("NAME")
      ->capture_default_str();
  command->add_option("--steps", arguments->steps)
      ->check(CLI::Range(1, 10'000'000).description(""))
      ->capture_default_str();
  command->add_option("--warmup-steps", arguments->warmup, "Steps in which the rate rises")
      ->check(CLI::Range(0, 10'000'000).description(""))
      ->capture_default_str();
  command->add_option("--batch-size", arguments->batch, "Pictures of a step")
      ->check(CLI::Range(2, 65'536).description(""))
      ->capture_default_str();
  command->add_option("--lr", arguments->lr, "Highest learning rate")
      ->check(CLI::Range(0.0, 1.0).description(""))
      ->capture_default_str();
  command->add_option("--seed", arguments->seed, "Decides weights, pictures and captions")->capture_default_str();
  command->add_option("--save-every", arguments->save_every, "Steps")
      ->check(CLI::Range(1, 10'000'000).description(""))
      ->capture_default_str();
  command->add_option("--print-every", arguments->print_every, "Steps")
      ->check(CLI::Range(1, 10'000'000).description(""))
      ->capture_default_str();
  arguments->machine.add_computing_to(*command);
  arguments->machine.add_precision_to(*command, {"fp32", "bf16"});
  command->footer("Example:\n  vifi pretrain --output runs/tiny\n  vifi classify --model runs/tiny/model clip.mp4");
  command->callback([&action, arguments] { action = [arguments] { return run(*arguments); }; });
}

}  // namespace vifi::training
