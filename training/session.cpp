#include "session.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <iostream>

#include "loop/freed_memory.h"
#include "protocols/shared_evaluation.h"
#include "train_access.h"

namespace vifi::training {

void MachineArguments::add_computing_to(CLI::App& command) {
  const std::string group = "Machine";
  command.add_option("--workers", workers_, "Threads that read or draw")->check(CLI::Range(1, 256).description(""))->capture_default_str()->group(group);
  command.add_option("--threads", threads_, "Threads that compute [as many as there are cores]")
      ->check(CLI::Range(1, 1024).description(""))
      ->group(group);
}

void MachineArguments::add_precision_to(CLI::App& command, const std::vector<std::string>& choices) {
  command.add_option("--precision", precision_, fmt::format("Of matrix products: {}", fmt::join(choices, ", ")))
      ->check(CLI::IsMember(choices).description(""))
      ->capture_default_str()
      ->group("Machine");
}

void MachineArguments::add_to(CLI::App& command) {
  add_computing_to(command);
  const std::string group = "Machine";
  device_ = "auto";
  command.add_option("--device", device_, "auto, cpu, cuda or cuda:N; auto takes a GPU where there is one")
      ->type_name("DEVICE")
      ->capture_default_str()
      ->group(group);
  command.add_option("--on-broken", on_broken_, "What a clip that cannot be read does: fail or skip")
      ->check(CLI::IsMember({"fail", "skip"}).description(""))
      ->capture_default_str()
      ->group(group);
  command.add_option("--cache", cache_, "Keep decoded, resized frames there")->type_name("FOLDER")->group(group);
}

train::Arithmetic MachineArguments::arithmetic() const {
  return precision_ == "bf16"   ? train::Arithmetic::bf16
         : precision_ == "fp16" ? train::Arithmetic::fp16
                                : train::Arithmetic::fp32;
}

void MachineArguments::apply(Products products) {
  train::keep_freed_memory();
  const auto launch = train::launch_of_environment();
  place_ = computing_device(device_, launch ? launch->local_rank : 0);
  if (threads_ > 0) {
    at::set_num_threads(threads_);
  }
  if (products == Products::fastest && place_.is_cpu()) {
    choose_float32_products();
  } else {
    keep_float32_products();
  }
}

train::Evaluation run_test(Method& model, const std::shared_ptr<const train::VideoClips>& clips, const LabelSet& labels,
                           const train::Config& config, const MachineArguments& machine, const std::string& name,
                           Progress& progress, train::ProcessGroup* group) {
  constexpr int kFramesOfABatch = 64;
  const int rank = group == nullptr ? 0 : group->rank(), ranks = group == nullptr ? 1 : group->size();
  const auto samples = static_cast<std::int64_t>(clips->size());
  const std::int64_t samples_here = (samples + ranks - 1 - rank) / ranks;
  const auto frames_of_sample = static_cast<int>(clips->shape()[0]);
  train::Loader loader(clips, {.batch = std::max(1, kFramesOfABatch / frames_of_sample),
                               .workers = machine.workers(),
                               .shuffle = false,
                               .drop_last = false,
                               .seed = static_cast<std::uint64_t>(config.integer("SEED")),
                               .rank = rank,
                               .ranks = ranks,
                               .on_broken = machine.on_broken()});
  const at::Tensor text = train::label_features(model, labels).to(machine.device());
  train::Evaluation evaluation =
      train::evaluate(model, loader, samples_here, config.integer("DATA.NUM_FRAMES"), text,
                      [&](std::int64_t done, std::int64_t total) {
                        if (rank > 0) return;
                        progress.show(static_cast<double>(done) / static_cast<double>(std::max<std::int64_t>(total, 1)),
                                      fmt::format("{}: {} of {}", name, done, total), done == total);
                      });
  progress.end();
  for (const train::BrokenSample& sample : loader.broken()) {
    std::cerr << "vifi-train: skipped " << sample.name << ": " << sample.error << '\n';
  }
  return group == nullptr ? evaluation : train::joined(evaluation, samples, *group);
}

}  // namespace vifi::training
