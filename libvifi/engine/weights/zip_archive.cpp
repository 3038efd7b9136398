#include "weights/zip_archive.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "weights/weights_error.h"

namespace vifi {
namespace {

static_assert(std::endian::native == std::endian::little, "ZIP files are little-endian");

// Sizes and signatures of the ZIP format (APPNOTE 6.3, section 4.3).
constexpr std::size_t kEndSize = 22;
constexpr std::size_t kEnd64Size = 56;
constexpr std::size_t kLocator64Size = 20;
constexpr std::size_t kEntrySize = 46;
constexpr std::size_t kLocalSize = 30;
constexpr std::size_t kMaxComment = 0xffff;
constexpr std::uint32_t kEndSignature = 0x06054b50;
constexpr std::uint32_t kEnd64Signature = 0x06064b50;
constexpr std::uint32_t kLocator64Signature = 0x07064b50;
constexpr std::uint32_t kEntrySignature = 0x02014b50;
constexpr std::uint32_t kLocalSignature = 0x04034b50;
constexpr std::uint16_t kExtra64 = 1;
constexpr std::uint16_t kEncrypted = 1;
constexpr std::uint32_t kIn64 = 0xffffffff;

/// A number at a position the caller has checked.
template <typename T>
T read(std::span<const std::byte> bytes, std::size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof(T));
  return value;
}

[[noreturn]] void refuse(const MappedFile& file, WeightsErrorKind kind, const std::string& what) {
  throw WeightsError(kind, file.path() + ": " + what,
                     kind == WeightsErrorKind::unsupported ? "" : "the file is damaged: copy or download it again");
}

}  // namespace

ZipArchive::ZipArchive(std::shared_ptr<const MappedFile> file) : file_(std::move(file)), bytes_(file_->bytes()) {
  const Directory directory = find_directory();
  directory_offset_ = directory.offset;
  read_directory(directory);
}

std::vector<std::string> ZipArchive::names() const {
  std::vector<std::string> names;
  for (const auto& [name, record] : records_) {
    names.push_back(name);
  }
  return names;
}

ZipArchive::Directory ZipArchive::find_directory() const {
  if (bytes_.size() >= kEndSize) {
    const std::size_t last = bytes_.size() - kEndSize;
    const std::size_t first = last > kMaxComment ? last - kMaxComment : 0;
    for (std::size_t at = last + 1; at-- > first;) {
      if (read<std::uint32_t>(bytes_, at) != kEndSignature) {
        continue;
      }
      Directory directory{read<std::uint16_t>(bytes_, at + 10), read<std::uint32_t>(bytes_, at + 16),
                          read<std::uint32_t>(bytes_, at + 12)};
      if (at >= kLocator64Size && read<std::uint32_t>(bytes_, at - kLocator64Size) == kLocator64Signature) {
        directory = find_directory64(at);
      }
      if (directory.offset > at || directory.size > at - directory.offset) {
        refuse(*file_, WeightsErrorKind::truncated, "the ZIP directory lies beyond the file's end");
      }
      return directory;
    }
  }
  refuse(*file_, WeightsErrorKind::truncated, "the ZIP directory at the end is missing");
}

ZipArchive::Directory ZipArchive::find_directory64(std::size_t end_record) const {
  const auto at = read<std::uint64_t>(bytes_, end_record - kLocator64Size + 8);
  if (at > end_record || end_record - at < kEnd64Size || read<std::uint32_t>(bytes_, at) != kEnd64Signature) {
    refuse(*file_, WeightsErrorKind::corrupt, "the ZIP64 directory is not where it should be");
  }
  return {read<std::uint64_t>(bytes_, at + 32), read<std::uint64_t>(bytes_, at + 48),
          read<std::uint64_t>(bytes_, at + 40)};
}

void ZipArchive::read_directory(const Directory& directory) {
  const std::span<const std::byte> table = bytes_.subspan(directory.offset, directory.size);
  std::size_t at = 0;
  std::uint64_t total = 0;
  for (std::uint64_t i = 0; i < directory.entries; ++i) {
    if (table.size() - at < kEntrySize || read<std::uint32_t>(table, at) != kEntrySignature) {
      refuse(*file_, WeightsErrorKind::corrupt, "entry " + std::to_string(i) + " of the ZIP directory is malformed");
    }
    const std::size_t name_size = read<std::uint16_t>(table, at + 28);
    const std::size_t extra_size = read<std::uint16_t>(table, at + 30);
    const std::size_t comment_size = read<std::uint16_t>(table, at + 32);
    if (table.size() - at - kEntrySize < name_size + extra_size + comment_size) {
      refuse(*file_, WeightsErrorKind::corrupt, "entry " + std::to_string(i) + " of the ZIP directory is cut");
    }
    std::string name(reinterpret_cast<const char*>(table.data()) + at + kEntrySize, name_size);
    Record record{read<std::uint16_t>(table, at + 8), read<std::uint16_t>(table, at + 10),
                  read<std::uint32_t>(table, at + 20), read<std::uint32_t>(table, at + 24),
                  read<std::uint32_t>(table, at + 42)};
    std::span<const std::byte> extra = table.subspan(at + kEntrySize + name_size, extra_size);
    while (extra.size() >= 4) {
      const auto id = read<std::uint16_t>(extra, 0);
      const std::size_t size = std::min<std::size_t>(read<std::uint16_t>(extra, 2), extra.size() - 4);
      std::span<const std::byte> field = extra.subspan(4, size);
      if (id == kExtra64) {
        for (std::uint64_t* value : {&record.size, &record.stored_size, &record.header_offset}) {
          if (*value == kIn64 && field.size() >= 8) {
            *value = read<std::uint64_t>(field, 0);
            field = field.subspan(8);
          }
        }
      }
      extra = extra.subspan(4 + size);
    }
    // Records that add up to more than the file overlap: a small file would pass for a huge one.
    if (record.stored_size > bytes_.size() || (total += record.stored_size) > bytes_.size()) {
      refuse(*file_, WeightsErrorKind::corrupt, "the ZIP records are larger than the file");
    }
    if (!records_.emplace(name, record).second) {
      refuse(*file_, WeightsErrorKind::corrupt, "the ZIP record " + name + " occurs twice");
    }
    at += kEntrySize + name_size + extra_size + comment_size;
  }
}

std::optional<std::span<std::byte>> ZipArchive::find(const std::string& name) const {
  const auto it = records_.find(name);
  if (it == records_.end()) {
    return std::nullopt;
  }
  const Record& record = it->second;
  if (record.header_offset > directory_offset_ || directory_offset_ - record.header_offset < kLocalSize ||
      read<std::uint32_t>(bytes_, record.header_offset) != kLocalSignature) {
    refuse(*file_, WeightsErrorKind::corrupt, "the ZIP record " + name + " is not where the directory says");
  }
  const std::uint64_t begin = record.header_offset + kLocalSize +
                              read<std::uint16_t>(bytes_, record.header_offset + 26) +
                              read<std::uint16_t>(bytes_, record.header_offset + 28);
  if (begin > directory_offset_ || directory_offset_ - begin < record.stored_size) {
    refuse(*file_, WeightsErrorKind::corrupt, "the ZIP record " + name + " reaches into the directory");
  }
  if (record.method != 0 || (record.flags & kEncrypted) != 0) {
    throw WeightsError(WeightsErrorKind::unsupported,
                       file_->path() + ": the ZIP record " + name + " is compressed or encrypted",
                       "torch.save stores records as they are; write the file with it");
  }
  if (record.stored_size != record.size) {
    refuse(*file_, WeightsErrorKind::corrupt, "the ZIP record " + name + " contradicts itself about its size");
  }
  return bytes_.subspan(begin, record.size);
}

}  // namespace vifi
