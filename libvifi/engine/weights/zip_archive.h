#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "weights/mapped_file.h"

namespace vifi {

/// The directory of a ZIP file (with or without ZIP64), and its uncompressed records as parts of the mapping. Every
/// position is checked before it is followed. Compressed records are listed, but not read.
class ZipArchive {
 public:
  /// @throws WeightsError(truncated) without a directory, WeightsError(corrupt, unsupported)
  explicit ZipArchive(std::shared_ptr<const MappedFile> file);

  bool contains(const std::string& name) const { return records_.count(name) > 0; }
  std::vector<std::string> names() const;

  /// Content of a record; nothing where there is none of this name.
  /// @throws WeightsError(corrupt), WeightsError(unsupported) where it is compressed or encrypted
  std::optional<std::span<std::byte>> find(const std::string& name) const;

  const std::shared_ptr<const MappedFile>& file() const noexcept { return file_; }

 private:
  struct Record {
    std::uint16_t flags = 0;
    std::uint16_t method = 0;
    std::uint64_t stored_size = 0;
    std::uint64_t size = 0;
    std::uint64_t header_offset = 0;
  };
  struct Directory {
    std::uint64_t entries = 0;
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
  };

  Directory find_directory() const;
  Directory find_directory64(std::size_t end_record) const;
  void read_directory(const Directory& directory);

  std::shared_ptr<const MappedFile> file_;
  std::span<std::byte> bytes_;
  std::uint64_t directory_offset_ = 0;
  std::map<std::string, Record> records_;
};

}  // namespace vifi
