#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "config/config.h"
#include "data/loader.h"
#include "data/video_clips.h"
#include "distributed/process_group.h"
#include "loop/arithmetic.h"
#include "methods/method.h"
#include "progress.h"
#include "protocols/evaluate.h"
#include "vifi/labels.h"

namespace vifi::training {

/// Which float32 products are computed: a choice by time may fall otherwise in the next process, and round otherwise.
enum class Products { fastest, reproducible };

/// How fast and with what the work is done; changes no result but by rounding.
class MachineArguments {
 public:
  void add_to(CLI::App& command);
  /// Those that do not concern video files or GPUs.
  void add_computing_to(CLI::App& command);
  /// For trainings. @param choices  of fp32, bf16 and fp16
  void add_precision_to(CLI::App& command, const std::vector<std::string>& choices);
  /// Sets libtorch's threads and products, and opens the device. Call it before the first tensor.
  void apply(Products products);

  int workers() const { return workers_; }
  at::Device device() const { return place_; }  ///< of this process, once applied
  train::Arithmetic arithmetic() const;
  train::OnBroken on_broken() const { return on_broken_ == "skip" ? train::OnBroken::skip : train::OnBroken::fail; }
  const std::string& cache() const { return cache_; }

 private:
  int workers_ = 2;
  int threads_ = 0;
  std::string precision_ = "fp32";
  std::string on_broken_ = "fail";
  std::string cache_;
  std::string device_ = "cpu";
  at::Device place_ = at::kCPU;
};

/// Evaluates a model on clips and shows how far it is.
/// @param group  processes that share the clips: each scores its part and gets the whole result; null: this one alone
train::Evaluation run_test(Method& model, const std::shared_ptr<const train::VideoClips>& clips, const LabelSet& labels,
                           const train::Config& config, const MachineArguments& machine, const std::string& name,
                           Progress& progress, train::ProcessGroup* group);

}  // namespace vifi::training
