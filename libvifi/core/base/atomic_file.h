#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vifi/export.h"

namespace vifi {

/// A file that stands under its name whole or not at all. What is written goes to `.NAME.part` beside it; `commit`
/// puts that on the disk and gives it the name, in place of an older file. Without `commit` nothing is left, and a
/// file that a killed process left is used again. Not thread-safe.
///
/// Writing beyond the process's file size limit raises SIGXFSZ, which ends a process that does not ignore it.
class VIFI_API AtomicFile {
 public:
  /// @param path       the final name; its folder must exist
  /// @param operation  for messages: "[save checkpoint] …"
  /// @throws Error(unreadable) where the folder cannot be written or another process is writing this file
  AtomicFile(std::string path, std::string operation);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  /// @throws Error(unreadable), e.g. where the disk is full
  void write(std::span<const std::byte> bytes);
  void write(std::string_view text) { write(std::as_bytes(std::span(text))); }

  std::uint64_t size() const noexcept { return size_; }  ///< bytes written so far

  /// Hands everything to the system, so that the content can be read back.
  /// @return the name the content has until `commit`
  const std::string& flush();

  /// Nothing may be written afterwards. @throws Error(unreadable)
  void commit();

 private:
  bool open_and_lock();
  void write_through(std::span<const std::byte> bytes);
  [[noreturn]] void fail(int error) const;

  std::string path_;
  std::string part_;
  std::string operation_;
  int file_ = -1;
  std::uint64_t size_ = 0;
  std::vector<std::byte> buffer_;  // small pieces, collected
};

/// Puts a folder's list of names on the disk, e.g. after a rename; does nothing where the system cannot.
VIFI_API void sync_folder(const std::string& folder) noexcept;

}  // namespace vifi
