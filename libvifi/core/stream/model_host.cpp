#include "vifi/model_host.h"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "stream/label_cache.h"
#include "stream/model_registry.h"
#include "vifi/error.h"

namespace vifi {
namespace {

using Clock = std::chrono::steady_clock;
using Bank = std::shared_ptr<const LabelBank>;

constexpr std::size_t kLabelBanks = 16;
constexpr int kMaxBatchSize = 4096;
constexpr std::int64_t kMaxBatchTimeoutNs = 60'000'000'000;
constexpr std::size_t kLeastQueue = 64;  // frames that may wait; never less than a few batches
constexpr std::size_t kQueuedBatches = 4;

struct EncodeJob {
  PreparedFrame frame;
  Clock::time_point submitted;
  std::promise<std::vector<float>> state;
};

struct ScoreJob {
  std::vector<float> states;
  int frames = 0;
  Bank bank;
  std::promise<std::vector<float>> logits;
};

struct EmbedJob {
  LabelSet labels;
  std::promise<Bank> bank;
};

/// An error of its own for every stream of a batch. One exception object that several threads read and drop is safe in
/// itself, but libstdc++ counts its owners where no thread checker sees it.
std::exception_ptr own_copy(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const Error& error) {
    return std::make_exception_ptr(Error(error.code(), error.message(), error.hint()));
  } catch (...) {
    return std::current_exception();
  }
}

std::exception_ptr cancelled() {
  return std::make_exception_ptr(Error(ErrorCode::cancelled, "[model] the model was closed before the work was done"));
}

HostOptions checked(const HostOptions& options) {
  if (options.batch_size < 1 || options.batch_size > kMaxBatchSize) {
    throw Error(ErrorCode::invalid_argument,
                "[model] batch size: expected 1 to " + std::to_string(kMaxBatchSize) + ", got " +
                    std::to_string(options.batch_size),
                "1 encodes every frame by itself");
  }
  if (options.batch_timeout_ns < 0 || options.batch_timeout_ns > kMaxBatchTimeoutNs) {
    throw Error(ErrorCode::invalid_argument,
                "[model] batch timeout: expected 0 to a minute, got " + std::to_string(options.batch_timeout_ns) +
                    " ns",
                "0 never waits for a batch to fill");
  }
  return options;
}

}  // namespace

class ModelHost::Impl {
 public:
  Impl(std::shared_ptr<Model> the_model, const HostOptions& options)
      : model(std::move(the_model)), options_(checked(options)) {
    if (!model) {
      throw Error(ErrorCode::invalid_argument, "[model] no model to host", "load one with load_model");
    }
    queue_length_ = std::max(kLeastQueue, kQueuedBatches * static_cast<std::size_t>(options_.batch_size));
    thread_ = std::thread([this] { run(); });
  }

  ~Impl() {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  std::future<std::vector<float>> encode(PreparedFrame frame) {
    EncodeJob job{std::move(frame), Clock::now(), {}};
    std::future<std::vector<float>> state = job.state.get_future();
    {
      std::unique_lock lock(mutex_);
      room_.wait(lock, [&] { return encodes_.size() < queue_length_; });
      encodes_.push_back(std::move(job));
    }
    changed_.notify_one();
    return state;
  }

  std::future<std::vector<float>> score(std::vector<float> states, int frames, Bank bank) {
    ScoreJob job{std::move(states), frames, std::move(bank), {}};
    std::future<std::vector<float>> logits = job.logits.get_future();
    {
      std::lock_guard lock(mutex_);
      scores_.push_back(std::move(job));
    }
    changed_.notify_one();
    return logits;
  }

  LabelCache::Future embed(const LabelSet& labels) {
    LabelCache::Future bank;
    {
      std::lock_guard lock(mutex_);
      bank = banks_.find(labels);
      if (bank.valid()) {
        return bank;
      }
      EmbedJob job{labels, {}};
      bank = job.bank.get_future().share();
      banks_.insert(labels, bank);
      embeds_.push_back(std::move(job));
    }
    changed_.notify_one();
    return bank;
  }

  HostStats stats() const {
    std::lock_guard lock(mutex_);
    return stats_;
  }

  const std::shared_ptr<Model> model;

 private:
  void run() {
    pthread_setname_np(pthread_self(), "vifi-model");  // as debuggers, top and tests/bench show it
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [&] { return stopping_ || !scores_.empty() || !encodes_.empty() || !embeds_.empty(); });
      if (stopping_) {
        break;
      }
      if (scores_.empty() && embeds_.empty()) {
        wait_for_batch(lock);
      }
      serve_frames(lock);
      embed_next(lock);
    }
    fail_all();
  }

  /// Returns when a batch is full, its oldest frame has waited long enough, or there is other work.
  void wait_for_batch(std::unique_lock<std::mutex>& lock) {
    if (options_.batch_timeout_ns > 0 && !encodes_.empty()) {
      const auto until = encodes_.front().submitted + std::chrono::nanoseconds(options_.batch_timeout_ns);
      changed_.wait_until(lock, until, [&] {
        return stopping_ || !scores_.empty() || !embeds_.empty() ||
               encodes_.size() >= static_cast<std::size_t>(options_.batch_size);
      });
    }
  }

  /// Scores and encodes what is waiting now; what comes meanwhile waits for the next round.
  void serve_frames(std::unique_lock<std::mutex>& lock) {
    for (std::size_t left = scores_.size(); left > 0 && !stopping_; --left) {
      ScoreJob job = std::move(scores_.front());
      scores_.pop_front();
      lock.unlock();
      run_score(std::move(job));
      lock.lock();
    }
    for (std::size_t left = encodes_.size(); left > 0 && !stopping_;) {
      const std::size_t count = std::min(left, static_cast<std::size_t>(options_.batch_size));
      const auto end = encodes_.begin() + static_cast<std::ptrdiff_t>(count);
      std::vector<EncodeJob> batch(std::move_iterator(encodes_.begin()), std::move_iterator(end));
      encodes_.erase(encodes_.begin(), end);
      left -= count;
      lock.unlock();
      room_.notify_all();
      const std::int64_t taken_ns = run_encode(batch);
      lock.lock();
      count_batch(batch.size(), taken_ns);
      lock.unlock();
      hand_out(batch);
      lock.lock();
    }
  }

  void run_score(ScoreJob job) {
    try {
      const auto window = static_cast<std::size_t>(model->info().state_size) * static_cast<std::size_t>(job.frames);
      std::vector<float> logits(job.states.size() / window * job.bank->labels().labels.size());  // [W, L]
      model->score(job.states, job.frames, *job.bank, logits);
      job.logits.set_value(std::move(logits));
    } catch (...) {
      job.logits.set_exception(std::current_exception());
    }
  }

  /// Leaves the states in states_, or why there are none in failure_. @return time taken
  std::int64_t run_encode(std::vector<EncodeJob>& batch) {
    std::vector<PreparedFrame> frames;
    frames.reserve(batch.size());
    for (EncodeJob& job : batch) {
      frames.push_back(std::move(job.frame));
    }
    const auto start = Clock::now();
    failure_ = nullptr;
    try {
      states_.resize(batch.size() * static_cast<std::size_t>(model->info().state_size));
      model->encode(frames, states_);
    } catch (...) {
      failure_ = std::current_exception();
    }
    return std::chrono::nanoseconds(Clock::now() - start).count();
  }

  void count_batch(std::size_t frames, std::int64_t taken_ns) {
    if (!failure_) {
      stats_.frames_encoded += frames;
      ++stats_.batches;
      stats_.encode_ns_total += taken_ns;
      stats_.last_encode_ns = taken_ns;
    }
  }

  void hand_out(std::vector<EncodeJob>& batch) {
    const std::int64_t size = model->info().state_size;
    auto state = states_.cbegin();
    for (EncodeJob& job : batch) {
      if (failure_) {
        job.state.set_exception(own_copy(failure_));
      } else {
        job.state.set_value(std::vector<float>(state, state + size));
        state += size;
      }
    }
  }

  void embed_next(std::unique_lock<std::mutex>& lock) {
    if (embeds_.empty() || stopping_) {
      return;
    }
    EmbedJob job = std::move(embeds_.front());
    embeds_.pop_front();
    lock.unlock();
    Bank bank;
    std::exception_ptr failure;
    try {
      bank = model->embed(job.labels, [this](std::size_t, std::size_t) { between_chunks(); });
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    if (failure) {
      banks_.erase(job.labels);  // the next one who asks gets a new try
    }
    lock.unlock();
    if (failure) {
      job.bank.set_exception(failure);
    } else {
      job.bank.set_value(std::move(bank));
    }
    lock.lock();
  }

  void between_chunks() {
    std::unique_lock lock(mutex_);
    serve_frames(lock);
    if (stopping_) {
      std::rethrow_exception(cancelled());
    }
  }

  void fail_all() {
    for (EncodeJob& job : encodes_) {
      job.state.set_exception(cancelled());
    }
    for (ScoreJob& job : scores_) {
      job.logits.set_exception(cancelled());
    }
    for (EmbedJob& job : embeds_) {
      job.bank.set_exception(cancelled());
    }
  }

  const HostOptions options_;
  std::size_t queue_length_ = 0;
  mutable std::mutex mutex_;  // protects the queues, banks_, stats_ and stopping_
  std::condition_variable changed_;  // there is work
  std::condition_variable room_;     // a frame left the queue
  std::deque<EncodeJob> encodes_;
  std::deque<ScoreJob> scores_;
  std::deque<EmbedJob> embeds_;
  LabelCache banks_{kLabelBanks};
  HostStats stats_;
  bool stopping_ = false;
  std::vector<float> states_;   // [N, state_size] of the batch at hand; the thread's own
  std::exception_ptr failure_;  // of the batch at hand; the thread's own
  std::thread thread_;
};

std::shared_ptr<ModelHost> ModelHost::get(const ModelOptions& options, const HostOptions& host,
                                          std::string_view instance_id) {
  static ModelRegistry registry(load_model);
  return registry.get(options, host, instance_id);
}

ModelHost::ModelHost(std::shared_ptr<Model> model, const HostOptions& options)
    : impl_(std::make_unique<Impl>(std::move(model), options)) {}

ModelHost::~ModelHost() = default;

const ModelInfo& ModelHost::info() const { return impl_->model->info(); }

Model& ModelHost::model() { return *impl_->model; }

std::future<std::vector<float>> ModelHost::encode(PreparedFrame frame) { return impl_->encode(std::move(frame)); }

std::vector<float> ModelHost::score(std::vector<float> states, int frames, std::shared_ptr<const LabelBank> bank) {
  const std::size_t window = static_cast<std::size_t>(info().state_size) * static_cast<std::size_t>(std::max(frames, 1));
  if (frames < 1 || states.empty() || states.size() % window != 0) {
    throw Error(ErrorCode::internal, "[score] expected windows of " + std::to_string(frames) + " x " +
                                         std::to_string(info().state_size) + " floats, got " +
                                         std::to_string(states.size()));
  }
  return impl_->score(std::move(states), frames, std::move(bank)).get();
}

std::shared_future<std::shared_ptr<const LabelBank>> ModelHost::embed(const LabelSet& labels) {
  return impl_->embed(labels);
}

HostStats ModelHost::stats() const { return impl_->stats(); }

}  // namespace vifi
