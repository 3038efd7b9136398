#include "distributed/gradient_buckets.h"

#include <torch/csrc/autograd/function_hook.h>
#include <torch/csrc/autograd/variable.h>

#include <algorithm>
#include <functional>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include "vifi/error.h"

namespace vifi::train {
namespace {

namespace autograd = torch::autograd::impl;

at::TensorOptions like(const at::Tensor& parameter) {
  return at::TensorOptions().dtype(at::kFloat).device(parameter.device());
}

/// Copies a gradient, zeros where there is none. @return whether there is one
bool copy_gradient(const at::Tensor& parameter, const at::Tensor& target) {
  if (!parameter.grad().defined()) {
    target.zero_();
    return false;
  }
  target.copy_(parameter.grad().reshape({-1}));
  return true;
}

void set_gradient(const at::Tensor& parameter, const at::Tensor& values) {
  if (parameter.grad().defined()) {
    parameter.grad().copy_(values.view(parameter.sizes()));
  } else {
    at::Tensor(parameter).mutable_grad() = values.view(parameter.sizes()).clone();
  }
}

}  // namespace

/// Tells when a gradient has been added to.
class GradientBuckets::Hook final : public torch::autograd::PostAccumulateGradHook {
 public:
  explicit Hook(std::function<void(const at::Tensor&)> call) : call_(std::move(call)) {}
  void operator()(const torch::autograd::Variable& tensor) override { call_(tensor); }

 private:
  std::function<void(const at::Tensor&)> call_;
};

GradientBuckets::GradientBuckets(ProcessGroup& group, std::vector<at::Tensor> parameters, std::int64_t bucket_bytes)
    : group_(group),
      parameters_(std::move(parameters)),
      bucket_bytes_(bucket_bytes),
      times_(parameters_.size(), 1),
      times_seen_(parameters_.size(), 0),
      bucket_of_(parameters_.size(), 0) {
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    autograd::set_post_acc_grad_hooks(parameters_[i],
                                      std::make_unique<Hook>([this, i](const at::Tensor&) { completed(i); }));
  }
}

GradientBuckets::~GradientBuckets() {
  for (const at::Tensor& parameter : parameters_) {
    autograd::set_post_acc_grad_hooks(parameter, nullptr);
  }
}

void GradientBuckets::begin(const at::Tensor& leaf) {
  watching_ = true;
  leaf_expected_ = leaf.defined();
  if (leaf_expected_ && learned_) {
    autograd::set_post_acc_grad_hooks(leaf,
                                      std::make_unique<Hook>([this](const at::Tensor& done) { leaf_completed(done); }));
  }
}

void GradientBuckets::leaf_completed(const at::Tensor& leaf) {
  if (!leaf_sum_) {
    begin_leaf(leaf);
    begin_complete_buckets();
  }
}

void GradientBuckets::completed(std::size_t parameter) {
  if (!watching_) {
    return;
  }
  ++times_seen_[parameter];
  if (!learned_) {  // its place is that of the last time
    std::erase(order_, parameter);
    order_.push_back(parameter);
    return;
  }
  if (times_seen_[parameter] > times_[parameter]) {
    throw Error(ErrorCode::internal, "[distributed] a gradient changed after it was sent to the other processes",
                "the model's graph must be the same in every step; please report this");
  }
  if (times_seen_[parameter] == times_[parameter]) {
    --buckets_[bucket_of_[parameter]].missing;
    begin_complete_buckets();
  }
}

void GradientBuckets::begin_complete_buckets() {
  if (leaf_expected_ && !leaf_sum_) {
    return;
  }
  while (next_ < buckets_.size() && buckets_[next_].missing == 0) {
    begin_bucket(buckets_[next_++]);
  }
}

void GradientBuckets::begin_leaf(const at::Tensor& leaf) {
  const at::NoGradGuard no_graph;
  leaf_values_ = at::zeros({leaf.numel()}, like(leaf));
  copy_gradient(leaf, leaf_values_);
  leaf_sum_ = group_.begin_sum(leaf_values_);
}

void GradientBuckets::begin_bucket(Bucket& bucket) {
  const at::NoGradGuard no_graph;
  bucket.values.narrow(0, 0, std::ssize(bucket.members)).zero_();
  std::int64_t at = std::ssize(bucket.members);
  for (std::size_t i = 0; i < bucket.members.size(); ++i) {
    const at::Tensor& parameter = parameters_[bucket.members[i]];
    if (copy_gradient(parameter, bucket.values.narrow(0, at, parameter.numel()))) {
      bucket.values[static_cast<std::int64_t>(i)] += 1;
    }
    at += parameter.numel();
  }
  bucket.sum = group_.begin_sum(bucket.values);
}

void GradientBuckets::finish_bucket(Bucket& bucket) {
  const at::NoGradGuard no_graph;
  bucket.sum->wait();
  bucket.sum.reset();
  std::int64_t at = std::ssize(bucket.members);
  for (std::size_t i = 0; i < bucket.members.size(); ++i) {
    const at::Tensor& parameter = parameters_[bucket.members[i]];
    if (bucket.values[static_cast<std::int64_t>(i)].item<float>() > 0) {
      set_gradient(parameter, bucket.values.narrow(0, at, parameter.numel()).div_(group_.size()));
    }
    at += parameter.numel();
  }
}

void GradientBuckets::finish_leaf(const at::Tensor& leaf) {
  const at::NoGradGuard no_graph;
  if (!leaf_sum_) {
    begin_leaf(leaf);
    begin_complete_buckets();
  }
  leaf_sum_->wait();
  set_gradient(leaf, leaf_values_.div_(group_.size()));
}

void GradientBuckets::finish() {
  if (learned_) {
    while (next_ < buckets_.size()) {
      begin_bucket(buckets_[next_++]);
    }
    for (Bucket& bucket : buckets_) {
      finish_bucket(bucket);
    }
  } else {
    group_.average_gradients(parameters_);
    learn();
  }
  reset();
}

/// All processes take the order of rank 0. It may have none, where all its clips were skipped: then the next step
/// learns it.
void GradientBuckets::learn() {
  const at::NoGradGuard no_graph;
  const std::int64_t count = std::ssize(parameters_);
  const at::Tensor told = at::zeros({1 + 2 * count}, at::TensorOptions().dtype(at::kDouble));
  auto* numbers = told.mutable_data_ptr<double>();
  if (group_.rank() == 0 && !order_.empty()) {
    for (std::size_t i = parameters_.size(); i-- > 0;) {  // what got no gradient comes last
      if (times_seen_[i] == 0) order_.push_back(i);
    }
    numbers[0] = 1;
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      numbers[1 + i] = static_cast<double>(order_[i]);
      numbers[1 + parameters_.size() + i] = static_cast<double>(times_seen_[i]);
    }
  }
  group_.sum(told);
  if (numbers[0] == 0) {
    return;
  }
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    order.push_back(static_cast<std::size_t>(numbers[1 + i]));
    times_[i] = std::max<std::int64_t>(1, static_cast<std::int64_t>(numbers[1 + parameters_.size() + i]));
  }
  make_buckets(order);
  learned_ = true;
}

void GradientBuckets::make_buckets(const std::vector<std::size_t>& order) {
  std::int64_t numel = 0;
  const auto close = [&] {
    if (!buckets_.empty()) {
      Bucket& bucket = buckets_.back();
      bucket.values = at::empty({std::ssize(bucket.members) + numel}, like(parameters_[bucket.members.front()]));
    }
    numel = 0;
  };
  for (const std::size_t parameter : order) {
    if (buckets_.empty() || numel * static_cast<std::int64_t>(sizeof(float)) >= bucket_bytes_) {
      close();
      buckets_.emplace_back();
    }
    buckets_.back().members.push_back(parameter);
    bucket_of_[parameter] = buckets_.size() - 1;
    numel += parameters_[parameter].numel();
  }
  close();
}

void GradientBuckets::reset() {
  watching_ = leaf_expected_ = false;
  leaf_sum_.reset();
  order_.clear();
  std::fill(times_seen_.begin(), times_seen_.end(), 0);
  next_ = 0;
  for (Bucket& bucket : buckets_) {
    bucket.missing = bucket.members.size();
  }
}

}  // namespace vifi::train
