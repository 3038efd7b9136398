#pragma once

#include <unistd.h>

#include <cstdint>
#include <span>
#include <utility>

namespace vifi::train {

/// Owns a file descriptor.
class FileHandle {
 public:
  FileHandle() = default;
  explicit FileHandle(int descriptor) : descriptor_(descriptor) {}
  FileHandle(FileHandle&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileHandle& operator=(FileHandle&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~FileHandle() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  explicit operator bool() const { return descriptor_ >= 0; }
  int get() const { return descriptor_; }

  /// @return false unless all of `bytes` was read
  bool read_at(std::int64_t offset, std::span<std::uint8_t> bytes) const;
  bool write_at(std::int64_t offset, std::span<const std::uint8_t> bytes) const;

 private:
  int descriptor_ = -1;
};

}  // namespace vifi::train
