#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>

namespace vifi {

/// Memory of large temporaries that goes from one pass to the next. Without it every pass maps and clears fresh pages,
/// which costs a fast processor up to a tenth of its time. Any thread.
class BufferPool : public std::enable_shared_from_this<BufferPool> {
 public:
  BufferPool() = default;
  ~BufferPool();
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;

  struct Block {
    void* memory = nullptr;  // 64-byte aligned
    std::size_t size = 0;    // bytes
  };

  /// A block of at least `size` bytes. @throws std::bad_alloc
  Block take(std::size_t size);
  /// Keeps it for the next `take`, or frees it if enough is kept.
  void give_back(Block block) noexcept;

  std::size_t kept_bytes() const;

 private:
  mutable std::mutex mutex_;                   // protects what follows
  std::multimap<std::size_t, void*> kept_;     // by size
  std::size_t kept_bytes_ = 0;
};

/// While it lives, large tensors that this thread makes take their memory from `pool`; they may outlive it.
class PooledScope {
 public:
  explicit PooledScope(const std::shared_ptr<BufferPool>& pool);
  ~PooledScope();
  PooledScope(const PooledScope&) = delete;
  PooledScope& operator=(const PooledScope&) = delete;

  /// That of this thread's innermost scope; null outside of all.
  static std::shared_ptr<BufferPool> pool();

 private:
  BufferPool* outer_;
};

}  // namespace vifi
