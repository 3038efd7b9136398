#include "cpu/buffer_pool.h"

#include <cstdlib>
#include <limits>
#include <new>
#include <utility>

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>

namespace vifi {
namespace {

constexpr std::size_t kSmallest = 64 << 10;       // the C library recycles what is smaller
constexpr std::size_t kMostKept = 256U << 20;     // bytes of a pool
constexpr std::size_t kAlignment = 64;

thread_local BufferPool* current_pool = nullptr;

/// Lies before a tensor's memory. oneDNN hands back bare pointers, so that where memory came from must be found from
/// the pointer alone.
struct alignas(kAlignment) Header {
  std::shared_ptr<BufferPool> pool;  // null: nobody's
  BufferPool::Block block;           // header and tensor together
};

void release(void* memory) {
  if (!memory) {
    return;
  }
  Header* header = static_cast<Header*>(memory) - 1;
  const std::shared_ptr<BufferPool> pool = std::move(header->pool);
  const BufferPool::Block block = header->block;
  header->~Header();
  if (pool) {
    pool->give_back(block);
  } else {
    std::free(block.memory);
  }
}

BufferPool::Block fresh_block(std::size_t size) {
  void* memory = nullptr;
  if (posix_memalign(&memory, kAlignment, size) != 0) {
    throw std::bad_alloc();
  }
  return {memory, size};
}

/// Takes the place of libtorch's allocator; lends from a pool to threads inside a PooledScope.
class PoolingAllocator final : public c10::Allocator {
 public:
  c10::DataPtr allocate(std::size_t size) override {
    if (size == 0) {
      return {nullptr, nullptr, &release, c10::Device(c10::kCPU)};
    }
    if (size > std::numeric_limits<std::size_t>::max() - sizeof(Header)) {
      throw std::bad_alloc();
    }
    const std::size_t whole = size + sizeof(Header);
    const std::shared_ptr<BufferPool> pool =
        current_pool && size >= kSmallest ? current_pool->shared_from_this() : nullptr;
    const BufferPool::Block block = pool ? pool->take(whole) : fresh_block(whole);
    void* memory = new (block.memory) Header{pool, block} + 1;
    return {memory, memory, &release, c10::Device(c10::kCPU)};
  }

  c10::DeleterFnPtr raw_deleter() const override { return &release; }

  void copy_data(void* to, const void* from, std::size_t size) const override { default_copy_data(to, from, size); }
};

// Before the first tensor: what one allocator gave must not be handed back to another.
[[maybe_unused]] const bool installed = [] {
  c10::SetCPUAllocator(new PoolingAllocator, /*priority=*/1);  // libtorch keeps it for good
  return true;
}();

}  // namespace

BufferPool::~BufferPool() {
  for (const auto& [size, memory] : kept_) {
    std::free(memory);
  }
}

BufferPool::Block BufferPool::take(std::size_t size) {
  {
    std::lock_guard lock(mutex_);
    const auto found = kept_.lower_bound(size);
    if (found != kept_.end() && found->first <= 2 * size) {  // a much larger one would be missed elsewhere
      const Block block{found->second, found->first};
      kept_bytes_ -= block.size;
      kept_.erase(found);
      return block;
    }
  }
  return fresh_block(size);
}

void BufferPool::give_back(Block block) noexcept {
  std::lock_guard lock(mutex_);
  if (kept_bytes_ + block.size <= kMostKept) {
    try {
      kept_.emplace(block.size, block.memory);
      kept_bytes_ += block.size;
      return;
    } catch (const std::bad_alloc&) {
      // not even room for the entry: let go
    }
  }
  std::free(block.memory);
}

std::size_t BufferPool::kept_bytes() const {
  std::lock_guard lock(mutex_);
  return kept_bytes_;
}

PooledScope::PooledScope(const std::shared_ptr<BufferPool>& pool) : outer_(current_pool) {
  current_pool = pool.get();
}

PooledScope::~PooledScope() { current_pool = outer_; }

std::shared_ptr<BufferPool> PooledScope::pool() { return current_pool ? current_pool->shared_from_this() : nullptr; }

}  // namespace vifi
