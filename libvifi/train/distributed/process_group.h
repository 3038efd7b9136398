#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include <ATen/core/Tensor.h>

#include "vifi/export.h"

namespace vifi::train {

/// The place of this process among those of one training.
struct Launch {
  int rank = 0, size = 1;
  int local_rank = 0;     ///< on this machine: which device it uses
  std::string address{};  ///< of the machine of rank 0
  int port = 0;
  bool hosts_store = false;  ///< this process opens the port; else it is open already, or another opens it
};

/// What torchrun (RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR, MASTER_PORT) or a step of Slurm (SLURM_PROCID,
/// SLURM_STEP_NUM_TASKS, SLURM_LOCALID; one machine, or with MASTER_ADDR several) says.
/// @return nothing where there is but one process. @throws Error(invalid_argument) for half of it, or nonsense
VIFI_API std::optional<Launch> launch_of_environment();

/// A sum over processes that is under way.
class VIFI_API PendingSum {
 public:
  virtual ~PendingSum();
  /// @throws Error(internal) where another process ended or does not answer
  virtual void wait() = 0;
};

/// Processes that compute together. All call the same functions in the same order; each call waits for the others.
/// @throws Error(internal) from all calls where another process ended or does not answer
class VIFI_API ProcessGroup {
 public:
  virtual ~ProcessGroup();
  virtual int rank() const = 0;
  virtual int size() const = 0;
  /// Adds the tensors of all processes, element by element, in place. Several sums may be under way; all processes
  /// begin them in the same order. @param values  contiguous; nobody touches it until the sum was waited for
  virtual std::unique_ptr<PendingSum> begin_sum(const at::Tensor& values) = 0;
  void sum(const at::Tensor& values) { begin_sum(values)->wait(); }

  /// The mean over the processes, of each gradient that any of them has; one that a process lacks counts as 0. The plain
  /// form of `GradientBuckets`.
  void average_gradients(std::span<const at::Tensor> parameters);
  double mean(double value);
  bool any(bool value);
};

/// Gloo, over TCP. Waits for all processes. @throws Error(internal)
VIFI_API std::unique_ptr<ProcessGroup> join_gloo(const Launch& launch);

}  // namespace vifi::train
