#include "vifi/async_recogniser.h"

#include <condition_variable>
#include <deque>
#include <exception>
#include <iterator>
#include <mutex>
#include <thread>
#include <utility>

#include "stream/recogniser_impl.h"
#include "vifi/error.h"

namespace vifi {
namespace {

/// The newer sample speaks for the grid points of an older one that was dropped, unless the stream jumped between.
void absorb(Sample& newer, const Sample& dropped) {
  if (!newer.reset_before) {
    newer.points += static_cast<int>(newer.first_point - dropped.first_point);
    newer.first_point = dropped.first_point;
    newer.reset_before = dropped.reset_before;
  }
}

void append(Outcome& to, Outcome from) {
  std::move(from.results.begin(), from.results.end(), std::back_inserter(to.results));
  std::move(from.events.begin(), from.events.end(), std::back_inserter(to.events));
}

}  // namespace

class AsyncRecogniser::Impl {
 public:
  Impl(std::unique_ptr<Recogniser> recogniser, Recogniser::Impl& inside, std::size_t queue_length)
      : recogniser_(std::move(recogniser)),
        inside_(inside),
        queue_length_(queue_length),
        options_(recogniser_->options()) {
    thread_ = std::thread([this] { run(); });
  }

  ~Impl() {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    work_.notify_all();
    idle_.notify_all();
    thread_.join();
  }

  void push(const FrameView& frame) {
    std::optional<Sample> sample = recogniser_->sample(frame);
    if (!sample) {
      return;
    }
    {
      std::lock_guard lock(mutex_);
      if (sample->epoch != inside_.sampler.epoch()) {  // flushed meanwhile
        return;
      }
      if (queue_.size() == queue_length_) {
        Sample& next = queue_.size() > 1 ? queue_[1] : *sample;
        absorb(next, queue_.front());
        queue_.pop_front();
        ++dropped_;
      }
      queue_.push_back(std::move(*sample));
    }
    work_.notify_one();
  }

  Outcome take() {
    std::lock_guard lock(mutex_);
    if (error_) {
      std::rethrow_exception(std::exchange(error_, nullptr));
    }
    return std::exchange(done_, {});
  }

  void drain() {
    std::unique_lock lock(mutex_);
    wait_until_idle(lock);
  }

  Outcome finish() {
    std::unique_lock lock(mutex_);
    const std::uint64_t flushes = flushes_;
    wait_until_idle(lock);
    if (flushes != flushes_ || stopping_) {
      return {};
    }
    run_unlocked(lock, [&] { return recogniser_->finish(); });
    return flushes == flushes_ ? std::exchange(done_, {}) : Outcome{};
  }

  void flush() {
    {
      std::lock_guard lock(mutex_);
      recogniser_->reset();
      queue_.clear();
      done_ = {};
      error_ = nullptr;
      ++flushes_;
    }
    idle_.notify_all();
  }

  void set_labels(std::shared_ptr<const LabelBank> labels) {
    check_bank(labels.get(), inside_.host->info());
    {
      std::lock_guard lock(mutex_);
      new_labels_ = std::move(labels);
    }
    work_.notify_one();
  }

  void set_options(const RecogniserOptions& options) {
    {
      std::lock_guard lock(mutex_);
      RecogniserOptions complete = changed(options_, options, inside_.host->info());
      EventDetector check(complete.events);
      options_ = complete;
      options_changed_ = true;
    }
    work_.notify_one();
  }

  StreamStats stats() const {
    StreamStats stats = recogniser_->stats();
    std::lock_guard lock(mutex_);
    stats.samples_dropped = dropped_;
    return stats;
  }

 private:
  bool has_work() const { return !queue_.empty() || new_labels_ || options_changed_; }

  void wait_until_idle(std::unique_lock<std::mutex>& lock) {
    const std::uint64_t flushes = flushes_;
    idle_.wait(lock, [&] { return stopping_ || flushes != flushes_ || (!busy_ && !has_work()); });
  }

  /// Lets `body` work on the recogniser's second half; what it brought about counts unless a flush came between.
  template <typename Body>
  void run_unlocked(std::unique_lock<std::mutex>& lock, Body body) {
    const std::uint64_t flushes = flushes_;
    busy_ = true;
    lock.unlock();
    Outcome outcome;
    std::exception_ptr failure;
    try {
      outcome = body();
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    busy_ = false;
    if (flushes == flushes_) {
      append(done_, std::move(outcome));
    } else {
      failure = nullptr;
    }
    idle_.notify_all();
    work_.notify_one();
    if (failure) {
      std::rethrow_exception(failure);
    }
  }

  void run() {
    std::unique_lock lock(mutex_);
    while (true) {
      work_.wait(lock, [&] { return stopping_ || (!busy_ && has_work()); });
      if (stopping_) {
        return;
      }
      try {
        run_next(lock);
      } catch (...) {
        error_ = error_ ? error_ : std::current_exception();
      }
    }
  }

  void run_next(std::unique_lock<std::mutex>& lock) {
    if (std::exchange(options_changed_, false)) {
      run_unlocked(lock, [this, options = options_] {
        recogniser_->set_options(options);
        return Outcome{};
      });
    } else if (new_labels_) {
      run_unlocked(lock, [this, labels = std::exchange(new_labels_, nullptr)] {
        return recogniser_->set_labels(labels);
      });
    } else {
      Sample sample = std::move(queue_.front());
      queue_.pop_front();
      run_unlocked(lock, [&] { return recogniser_->process(std::move(sample)); });
    }
  }

  const std::unique_ptr<Recogniser> recogniser_;  // `sample`: streaming thread; second half: who set busy_
  Recogniser::Impl& inside_;
  const std::size_t queue_length_;
  mutable std::mutex mutex_;  // protects what follows; the sampler's own mutex may be taken after it
  std::condition_variable work_;
  std::condition_variable idle_;
  std::deque<Sample> queue_;
  std::shared_ptr<const LabelBank> new_labels_;  // null: none
  RecogniserOptions options_;
  bool options_changed_ = false;
  Outcome done_;
  std::exception_ptr error_;
  std::uint64_t flushes_ = 0;
  std::uint64_t dropped_ = 0;
  bool busy_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

AsyncRecogniser::AsyncRecogniser(std::unique_ptr<Recogniser> recogniser, std::size_t queue_length) {
  if (!recogniser || queue_length == 0) {
    throw Error(ErrorCode::invalid_argument, "[async recogniser] expected a recogniser and a queue of at least 1",
                "a length of 2 keeps the newest frames");
  }
  Recogniser::Impl& inside = *recogniser->impl_;
  impl_ = std::make_unique<Impl>(std::move(recogniser), inside, queue_length);
}

AsyncRecogniser::~AsyncRecogniser() = default;

void AsyncRecogniser::push(const FrameView& frame) { impl_->push(frame); }
Outcome AsyncRecogniser::take() { return impl_->take(); }
void AsyncRecogniser::drain() { impl_->drain(); }
Outcome AsyncRecogniser::finish() { return impl_->finish(); }
void AsyncRecogniser::flush() { impl_->flush(); }
void AsyncRecogniser::set_labels(std::shared_ptr<const LabelBank> labels) { impl_->set_labels(std::move(labels)); }
void AsyncRecogniser::set_options(const RecogniserOptions& options) { impl_->set_options(options); }
StreamStats AsyncRecogniser::stats() const { return impl_->stats(); }

}  // namespace vifi
