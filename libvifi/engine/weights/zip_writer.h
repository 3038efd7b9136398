#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>

#include "base/atomic_file.h"

namespace vifi {

/// Writes a ZIP file of uncompressed records (APPNOTE.TXT 6.3.10; ZIP64 where a number needs it). The content of each
/// record begins at a multiple of 64 bytes, so that a mapped file gives aligned tensors.
class ZipWriter {
 public:
  /// @param file       empty; must outlive the writer
  /// @param widest32   numbers from here on are written as ZIP64 does; other values are for tests
  explicit ZipWriter(AtomicFile& file, std::uint64_t widest32 = std::numeric_limits<std::uint32_t>::max())
      : file_(file), widest32_(widest32) {}

  /// @param name  not used before, at most 65535 bytes
  void add(const std::string& name, std::span<const std::byte> content);
  /// Writes the directory; nothing may be added afterwards.
  void finish();

 private:
  AtomicFile& file_;
  std::uint64_t widest32_;
  std::uint64_t entries_ = 0;
  std::string directory_;
};

}  // namespace vifi
