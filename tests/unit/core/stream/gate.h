#pragma once

#include <condition_variable>
#include <mutex>

namespace vifi::testing {

/// Holds a thread inside a fake until the test lets it go on.
class Gate {
 public:
  /// The held thread: says that it is here, and waits.
  void pass() {
    std::unique_lock lock(mutex_);
    ++arrived_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return open_; });
  }

  /// The test: waits until `count` threads, or calls, have come.
  void await_arrivals(int count = 1) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return arrived_ >= count; });
  }

  void open() {
    std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;  // protects what follows
  std::condition_variable changed_;
  int arrived_ = 0;
  bool open_ = false;
};

}  // namespace vifi::testing
