#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "vifi/error.h"

namespace vifi {

/// A whole file in memory, read lazily by the system. Pages that are written to become private copies. Immutable
/// apart from that. A file that another process shortens while it is mapped ends the process (SIGBUS), as with every
/// mapped file.
class MappedFile {
 public:
  /// @throws WeightsError(not_found), Error(unreadable)
  static std::shared_ptr<const MappedFile> open(const std::string& path);

  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  std::span<std::byte> bytes() const noexcept { return bytes_; }
  const std::string& path() const noexcept { return path_; }

 private:
  MappedFile(std::string path, std::span<std::byte> bytes);

  std::string path_;
  std::span<std::byte> bytes_;
};

}  // namespace vifi
