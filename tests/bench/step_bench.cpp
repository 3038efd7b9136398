// Takes training steps when told to, for step.py, which takes the same ones in PyTorch:
//
//   step_bench EXCHANGE [--model FILE] [--frames T] [--batch B] [--threads N] [--full-length]
//              [--keep-memory] [--trained both|image|text] [--recompute]
//
// Writes the weights, one batch and the prompts to EXCHANGE (torch.save's container) and prints "ready". Then it reads
// lines: "step" takes one and prints seconds, processor seconds and the loss; "memory" prints the peak in bytes.
// Without --model: ViT-B/16 with random weights. --full-length makes one prompt as long as the model takes, so that
// nothing of any is cut.

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/rand.h>
#include <CLI/CLI.hpp>

#include "bench/random_clip.h"
#include "config/config.h"
#include "loop/freed_memory.h"
#include "loop/peak_memory.h"
#include "loop/stepper.h"
#include "optim/losses.h"
#include "protocols/class_prompts.h"
#include "train_access.h"
#include "weights/torch_writer.h"

namespace vifi::train {
namespace {

/// The actions of HMDB51.
const std::vector<std::string> kActions = {"brush hair",   "cartwheel",
                                           "catch",        "chew",
                                           "clap",         "climb",
                                           "climb stairs", "dive",
                                           "draw sword",   "dribble",
                                           "drink",        "eat",
                                           "fall floor",   "fencing",
                                           "flic flac",    "golf",
                                           "handstand",    "hit",
                                           "hug",          "jump",
                                           "kick",         "kick ball",
                                           "kiss",         "laugh",
                                           "pick",         "pour",
                                           "pullup",       "punch",
                                           "push",         "pushup",
                                           "ride bike",    "ride horse",
                                           "run",          "shake hands",
                                           "shoot ball",   "shoot bow",
                                           "shoot gun",    "sit",
                                           "situp",        "smile",
                                           "smoke",        "somersault",
                                           "stand",        "swing baseball",
                                           "sword",        "sword exercise",
                                           "talk",         "throw",
                                           "turn",         "walk",
                                           "wave"};

constexpr double kRate = 8e-6;

struct Arguments {
  std::string exchange, model, trained = "both";
  std::int64_t frames = 8, batch = 2;
  int threads = 1;
  bool full_length = false, keep_memory = false, recompute = false;
};

MethodSource source_of(const Arguments& arguments) {
  if (!arguments.model.empty()) {
    return read_starting_point(arguments.model).source;
  }
  MethodSource source;
  source.checkpoint.path = "random ViT-B/16";
  source.checkpoint.tensors = random_clip_weights(published_config("ViT-B/16"), Towers::both).tensors;
  return source;
}

std::unique_ptr<Trainable> model_of(const Arguments& arguments) {
  Config config;
  config.set("TRAIN.LR", kRate, "step_bench");
  config.set("TRAINER.ViFi_CLIP.USE", arguments.trained, "step_bench");
  config.set("TRAIN.USE_CHECKPOINT", arguments.recompute, "step_bench");
  return create_trainable("vifi-clip", source_of(arguments), config.tree(), 1);
}

/// The largest id ends a text; with the end at the last position nothing can be cut.
void lengthen(const at::Tensor& ids) {
  const std::int64_t length = ids.size(1), end = ids[0].max().item<std::int64_t>();
  ids[0].narrow(0, 1, length - 2).copy_(at::arange(1, length - 1));
  ids[0][length - 1] = end;
}

double seconds_of(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

int run(const Arguments& arguments) {
  if (arguments.keep_memory) {
    keep_freed_memory();
  }
  at::set_num_threads(arguments.threads);
  keep_float32_products();
  const auto model = model_of(arguments);
  const TrainingRecipe& recipe = model->recipe();
  const at::Tensor ids = prompt_ids(recipe, make_label_set(kActions));
  if (arguments.full_length) {
    lengthen(ids);
  }
  at::manual_seed(5);
  const std::int64_t size = recipe.preprocess.size, classes = ids.size(0);
  const StepInput input{at::rand({arguments.batch, arguments.frames, 3, size, size}) * 4 - 2,
                        smoothed_targets(at::arange(arguments.batch) % classes, classes, 0.1)};
  TorchDict exchange;
  exchange.add("model", model->model_state(ids));
  exchange.add("clips", input.clips);
  exchange.add("targets", input.targets);
  exchange.add("ids", ids);
  exchange.add("trained", arguments.trained);
  exchange.add("lr", recipe.lr);
  exchange.add("weight_decay", recipe.weight_decay);
  save_torch_archive(arguments.exchange, exchange);

  AdamW optimizer(model->parameters(), recipe);
  constexpr std::int64_t kEndless = 1 << 30;  // so that the rate stays
  TrainingClock clock(
      CosineSchedule::of({.epochs = 1, .steps_per_epoch = kEndless, .warmup_epochs = 0, .lr = recipe.lr}), kEndless, 1);
  Stepper stepper(*model, optimizer, clock, ids);
  stepper.begin_epoch(0);
  std::cout << "ready" << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
    if (line == "step") {
      const double begin = seconds_of(CLOCK_MONOTONIC), processor = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
      const double loss = stepper.step({&input, 1});
      std::cout << seconds_of(CLOCK_MONOTONIC) - begin << ' ' << seconds_of(CLOCK_PROCESS_CPUTIME_ID) - processor << ' '
                << loss << std::endl;
    } else if (line == "memory") {
      std::cout << peak_memory(at::kCPU) << std::endl;
    }
  }
  return 0;
}

}  // namespace
}  // namespace vifi::train

int main(int argc, char** argv) try {
  vifi::train::Arguments arguments;
  CLI::App app("Training steps when told to");
  app.add_option("exchange", arguments.exchange)->required();
  app.add_option("--model", arguments.model);
  app.add_option("--frames", arguments.frames);
  app.add_option("--batch", arguments.batch);
  app.add_option("--threads", arguments.threads);
  app.add_option("--trained", arguments.trained)->check(CLI::IsMember({"both", "image", "text"}));
  app.add_flag("--full-length", arguments.full_length);
  app.add_flag("--keep-memory", arguments.keep_memory);
  app.add_flag("--recompute", arguments.recompute);
  CLI11_PARSE(app, argc, argv);
  return vifi::train::run(arguments);
} catch (const std::exception& error) {
  std::fprintf(stderr, "step_bench: %s\n", error.what());
  return 1;
}
