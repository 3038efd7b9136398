#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>

#include "distributed/process_group.h"
#include "vifi/export.h"

namespace vifi::train {

/// Averages gradients over the processes of a training while the backward pass still computes others.
///
/// Parameters are put into buckets in the order in which rank 0's backward pass completes their gradients; a bucket's
/// sum begins when it has them all, and never before that of the bucket ahead of it, so that processes agree on the
/// order. The first step learns the order and averages when it is over. Equal to `ProcessGroup::average_gradients`,
/// also where a process has no gradient of a parameter, or no backward pass at all.
///
/// Where features of the text are computed apart from the rest, their gradient (the leaf's) is averaged first, and is
/// ready before it goes back through the text tower.
class VIFI_API GradientBuckets {
 public:
  static constexpr std::int64_t kBytes = 8 << 20;  ///< of a bucket, about

  /// @param group       outlives this
  /// @param parameters  that are trained; float32 leaves of the graph, without hooks of others
  GradientBuckets(ProcessGroup& group, std::vector<at::Tensor> parameters, std::int64_t bucket_bytes = kBytes);
  ~GradientBuckets();
  GradientBuckets(const GradientBuckets&) = delete;
  GradientBuckets& operator=(const GradientBuckets&) = delete;

  /// Call before the backward pass that completes the gradients of a step.
  /// @param leaf  of the text features; undefined where there is none. Waits for it if it was begun
  void begin(const at::Tensor& leaf);
  /// Its gradient is the mean then. Call it where the step has a leaf, even without `begin`.
  void finish_leaf(const at::Tensor& leaf);
  /// All gradients are means then. @throws Error(internal) where another process ended
  void finish();

 private:
  class Hook;
  struct Bucket {
    std::vector<std::size_t> members;  // indices of parameters
    std::size_t missing = 0;           // gradients that are not complete
    at::Tensor values;                 // [members + sum of numel]: which gradients there are, then these
    std::unique_ptr<PendingSum> sum;
  };

  void completed(std::size_t parameter);
  void leaf_completed(const at::Tensor& leaf);
  void begin_leaf(const at::Tensor& leaf);
  void begin_bucket(Bucket& bucket);
  void begin_complete_buckets();
  void finish_bucket(Bucket& bucket);
  void learn();
  void make_buckets(const std::vector<std::size_t>& order);
  void reset();

  ProcessGroup& group_;
  std::vector<at::Tensor> parameters_;
  std::int64_t bucket_bytes_;

  bool watching_ = false;
  bool learned_ = false;
  std::vector<std::size_t> order_;       // of completion, while it is learned
  std::vector<std::int64_t> times_;      // that each gradient is added to in a backward pass
  std::vector<std::int64_t> times_seen_;  // in this step
  std::vector<Bucket> buckets_;
  std::vector<std::size_t> bucket_of_;
  std::size_t next_ = 0;  // bucket to begin
  bool leaf_expected_ = false;
  at::Tensor leaf_values_;
  std::unique_ptr<PendingSum> leaf_sum_;
};

}  // namespace vifi::train
