#include "data/image_batches.h"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "vifi/error.h"

namespace vifi::train {
namespace {

ImageBatch make_batch(const CaptionedImages& source, CaptionedImageReader& reader, std::int64_t step, int batch) {
  const auto count = static_cast<std::size_t>(batch), size = static_cast<std::size_t>(source.image_size()),
             coordinates = static_cast<std::size_t>(source.coordinates());
  const std::size_t area = 3 * size * size;
  ImageBatch made{.pixels = std::vector<std::uint8_t>(count * area),
                  .points = std::vector<float>(count * coordinates),
                  .images = std::vector<CaptionedImage>(count)};
  for (std::size_t i = 0; i < count; ++i) {
    made.images[i] =
        reader.read(static_cast<std::uint64_t>(step) * count + i, std::span(made.pixels).subspan(i * area, area),
                    std::span(made.points).subspan(i * coordinates, coordinates));
  }
  return made;
}

}  // namespace

class ImageBatches::Impl {
 public:
  Impl(const CaptionedImages& source, const ImageBatchOptions& options)
      : source_(source), options_(options), next_to_make_(options.first_step), next_to_use_(options.first_step) {
    if (options.batch < 1 || options.workers < 1 || options.prefetch < 1 || options.first_step < 0) {
      throw Error(ErrorCode::invalid_argument, "[image batches] batch, workers and prefetch must be positive");
    }
    for (int i = 0; i < options.workers; ++i)
      threads_.emplace_back([this] { work(); });
  }

  ~Impl() {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_)
      thread.join();
  }

  ImageBatch next() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return ready_.contains(next_to_use_); });
    Made made = std::move(ready_.extract(next_to_use_).mapped());
    ++next_to_use_;
    changed_.notify_all();
    if (made.failure) std::rethrow_exception(made.failure);
    return std::move(made.batch);
  }

 private:
  struct Made {
    ImageBatch batch;
    std::exception_ptr failure;  // why there is none
  };

  void work() {
    std::unique_ptr<CaptionedImageReader> reader;
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return ended_ || next_to_make_ < next_to_use_ + options_.prefetch; });
      if (ended_) return;
      const std::int64_t step = next_to_make_++;
      lock.unlock();
      Made made;
      try {
        if (!reader) reader = source_.reader();
        made.batch = make_batch(source_, *reader, step, options_.batch);
      } catch (...) {
        made.failure = std::current_exception();
      }
      lock.lock();
      ready_.emplace(step, std::move(made));
      changed_.notify_all();
    }
  }

  const CaptionedImages& source_;
  const ImageBatchOptions options_;
  std::mutex mutex_;  // protects all below but threads_
  std::condition_variable changed_;
  std::int64_t next_to_make_;
  std::int64_t next_to_use_;
  std::map<std::int64_t, Made> ready_;
  bool ended_ = false;
  std::vector<std::thread> threads_;
};

ImageBatches::ImageBatches(const CaptionedImages& source, const ImageBatchOptions& options)
    : impl_(std::make_unique<Impl>(source, options)) {}
ImageBatches::~ImageBatches() = default;
ImageBatch ImageBatches::next() {
  return impl_->next();
}

}  // namespace vifi::train
