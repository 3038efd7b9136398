#include "data/loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <numeric>
#include <thread>

#include "data/epoch_order.h"
#include "vifi/error.h"
#include "vifi/log.h"

namespace vifi::train {
namespace {

/// A batch that is being read.
struct Pending {
  Batch batch;
  std::size_t begun = 0;  ///< samples that workers took
  std::size_t done = 0;
  std::vector<std::exception_ptr> failures;  ///< [B]
};

std::string message_of(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& error) {
    return error.what();
  }
}

}  // namespace

class Loader::Impl {
 public:
  Impl(std::shared_ptr<const ClipSource> source, const LoaderOptions& options) : source_(std::move(source)), options_(options) {
    if (options_.workers < 1 || options_.prefetch < 1) {
      throw Error(ErrorCode::invalid_argument, fmt::format("[loader] {} workers, {} batches ahead: expected 1 or more of each",
                                                           options_.workers, options_.prefetch));
    }
    order_of(0);
    const auto shape = source_->shape();
    clip_size_ = static_cast<std::size_t>(std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>()));
    for (int i = 0; i < options_.workers; ++i) threads_.emplace_back([this] { work(); });
  }

  ~Impl() {
    {
      std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    work_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  std::int64_t steps() const {
    const auto samples = static_cast<std::int64_t>(order_of(0).size());
    return (samples + options_.batch - 1) / options_.batch;
  }

  void begin(std::int64_t epoch, std::int64_t first_step) {
    std::unique_lock lock(mutex_);
    abandon(lock);
    epoch_ = epoch;
    order_ = order_of(epoch);
    const auto samples = static_cast<std::int64_t>(order_.size());
    next_sample_ = static_cast<std::size_t>(std::clamp<std::int64_t>(first_step * options_.batch, 0, samples));
    next_step_ = first_step;
    fill();
  }

  std::optional<Batch> next() {
    std::unique_lock lock(mutex_);
    if (pending_.empty()) return std::nullopt;
    ready_.wait(lock, [&] { return pending_.front()->done == pending_.front()->batch.samples.size(); });
    const std::shared_ptr<Pending> ready = std::move(pending_.front());
    pending_.pop_front();
    const auto failure = std::find_if(ready->failures.begin(), ready->failures.end(), [](const auto& one) { return one != nullptr; });
    if (failure != ready->failures.end()) {
      if (options_.on_broken == OnBroken::fail) {
        abandon(lock);
        std::rethrow_exception(*failure);
      }
      leave_out_broken(*ready);
    }
    fill();
    return std::move(ready->batch);
  }

  void recycle(Batch&& batch) {
    std::lock_guard lock(mutex_);
    if (spare_.size() < static_cast<std::size_t>(options_.prefetch)) spare_.push_back(std::move(batch.images));
  }

  std::vector<BrokenSample> broken() const {
    std::lock_guard lock(mutex_);
    std::vector<BrokenSample> list;
    for (const auto& one : broken_) list.push_back(one.second);
    return list;
  }

 private:
  std::vector<std::int64_t> order_of(std::int64_t epoch) const {
    return epoch_order({.samples = source_->size(), .seed = options_.seed, .epoch = epoch, .shuffle = options_.shuffle,
                        .rank = options_.rank, .ranks = options_.ranks, .batch = options_.batch,
                        .drop_last = options_.drop_last});
  }

  // The functions below are called with mutex_ held.

  /// Opens as many batches as may be read ahead.
  void fill() {
    while (pending_.size() < static_cast<std::size_t>(options_.prefetch) && next_sample_ < order_.size()) {
      const std::size_t count = std::min(static_cast<std::size_t>(options_.batch), order_.size() - next_sample_);
      auto one = std::make_shared<Pending>();
      Batch& batch = one->batch;
      batch.step = next_step_++;
      const auto shape = source_->shape();
      batch.shape = {static_cast<std::int64_t>(count), shape[0], shape[1], shape[2], shape[3]};
      if (!spare_.empty()) {
        batch.images = std::move(spare_.back());
        spare_.pop_back();
      }
      batch.images.resize(count * clip_size_);
      const auto first = order_.begin() + static_cast<std::ptrdiff_t>(next_sample_);
      batch.samples.assign(first, first + static_cast<std::ptrdiff_t>(count));
      for (const std::int64_t sample : batch.samples) batch.labels.push_back(source_->label(static_cast<std::size_t>(sample)));
      one->failures.resize(count);
      next_sample_ += count;
      pending_.push_back(std::move(one));
    }
    work_.notify_all();
  }

  /// Drops what was read ahead; samples that workers hold are finished first.
  void abandon(std::unique_lock<std::mutex>& lock) {
    next_sample_ = order_.size();
    for (const auto& one : pending_) one->begun = one->batch.samples.size();
    pending_.clear();
    ready_.wait(lock, [&] { return busy_ == 0; });
  }

  void leave_out_broken(Pending& pending) {
    Batch& batch = pending.batch;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < batch.samples.size(); ++i) {
      if (pending.failures[i]) {
        note_broken(batch.samples[i], message_of(pending.failures[i]));
        continue;
      }
      if (kept != i) {
        const auto from = batch.images.begin() + static_cast<std::ptrdiff_t>(i * clip_size_);
        std::copy(from, from + static_cast<std::ptrdiff_t>(clip_size_),
                  batch.images.begin() + static_cast<std::ptrdiff_t>(kept * clip_size_));
        batch.samples[kept] = batch.samples[i];
        batch.labels[kept] = batch.labels[i];
      }
      ++kept;
    }
    batch.samples.resize(kept);
    batch.labels.resize(kept);
    batch.images.resize(kept * clip_size_);
    batch.shape[0] = static_cast<std::int64_t>(kept);
  }

  void note_broken(std::int64_t sample, const std::string& message) {
    const std::string name = source_->name(static_cast<std::size_t>(sample));
    if (broken_.emplace(sample, BrokenSample{sample, name, message}).second) {
      log(LogLevel::warning, fmt::format("[loader] {} is skipped: {}", name, message));
    }
  }

  /// A worker's life.
  void work() {
    const std::unique_ptr<ClipReader> reader = source_->reader();
    std::unique_lock lock(mutex_);
    for (;;) {
      std::shared_ptr<Pending> mine;
      work_.wait(lock, [&] {
        const auto open = std::find_if(pending_.begin(), pending_.end(),
                                       [](const auto& one) { return one->begun < one->batch.samples.size(); });
        if (open != pending_.end()) mine = *open;
        return stopped_ || mine;
      });
      if (stopped_) return;
      const std::size_t slot = mine->begun++;
      const auto sample = static_cast<std::size_t>(mine->batch.samples[slot]);
      const auto epoch = static_cast<std::uint64_t>(epoch_);
      ++busy_;
      lock.unlock();
      std::exception_ptr failure;
      try {
        Random random({options_.seed, epoch, sample});
        reader->read(sample, random, std::span(mine->batch.images).subspan(slot * clip_size_, clip_size_));
      } catch (...) {
        failure = std::current_exception();
      }
      lock.lock();
      --busy_;
      mine->failures[slot] = failure;
      ++mine->done;
      ready_.notify_all();
    }
  }

  const std::shared_ptr<const ClipSource> source_;
  const LoaderOptions options_;
  std::size_t clip_size_ = 0;  ///< values of a clip

  mutable std::mutex mutex_;  ///< of what follows; not of the images of samples that a worker took
  std::condition_variable work_;
  std::condition_variable ready_;
  std::vector<std::int64_t> order_;
  std::size_t next_sample_ = 0;
  std::int64_t next_step_ = 0;
  std::int64_t epoch_ = 0;
  std::deque<std::shared_ptr<Pending>> pending_;
  std::vector<std::vector<float>> spare_;
  std::map<std::int64_t, BrokenSample> broken_;
  int busy_ = 0;
  bool stopped_ = false;
  std::vector<std::thread> threads_;
};

Loader::Loader(std::shared_ptr<const ClipSource> source, const LoaderOptions& options)
    : impl_(std::make_unique<Impl>(std::move(source), options)) {}
Loader::~Loader() = default;

std::int64_t Loader::steps() const { return impl_->steps(); }
void Loader::begin(std::int64_t epoch, std::int64_t first_step) { impl_->begin(epoch, first_step); }
std::optional<Batch> Loader::next() { return impl_->next(); }
void Loader::recycle(Batch&& batch) { impl_->recycle(std::move(batch)); }
std::vector<BrokenSample> Loader::broken() const { return impl_->broken(); }

}  // namespace vifi::train
