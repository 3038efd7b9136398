#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "base/sha256.h"

namespace vifi {

/// The bytes of a download that have come so far, in a file of their own, with their checksum. One process at a time
/// has it: others wait in the constructor. Not thread-safe.
class PartFile {
 public:
  /// Opens the file and reads what an earlier download left, or makes an empty one.
  /// @param waiting  called once before it waits for another process; may be empty
  /// @throws Error(unreadable)
  explicit PartFile(std::string path, const std::function<void()>& waiting = {});
  ~PartFile();
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;

  std::uint64_t size() const noexcept { return size_; }
  const std::string& path() const noexcept { return path_; }
  std::string checksum() const;    ///< SHA-256 of what there is
  std::uint64_t disk_space() const noexcept;  ///< bytes that the disk still takes; the largest number where unknown

  /// @throws Error(unreadable) where the disk is full; what fitted is kept
  void append(std::span<const std::byte> bytes);
  /// Begins anew, with nothing.
  void clear();
  /// Puts the content on the disk and moves it to another name on the same disk. The file ends here.
  void move_to(const std::string& name);
  void remove() noexcept;

 private:
  bool open_and_lock(const std::function<void()>& waiting);  ///< false: the file was moved away meanwhile
  void read_all();

  std::string path_;
  int file_ = -1;
  std::uint64_t size_ = 0;
  Sha256 sum_;
};

}  // namespace vifi
