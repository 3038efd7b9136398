#include "weights/zip_writer.h"

#include <zlib.h>

#include <bit>

namespace vifi {
namespace {

static_assert(std::endian::native == std::endian::little, "numbers are written as they lie in memory");

constexpr std::uint64_t kAlignment = 64;
constexpr std::uint16_t kVersion = 20;
constexpr std::uint16_t kVersion64 = 45;
constexpr std::uint16_t kUtf8Names = 1 << 11;
constexpr std::uint16_t kFirstDay = (1 << 5) + 1;  // 1 January 1980: the same content gives the same file
constexpr std::uint16_t kZip64 = 1;                // extra field
constexpr std::uint16_t kPadding = 0x4246;         // extra field "FB", as torch writes it
constexpr std::uint64_t kExtraHead = 4;

template <typename T>
void put(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

std::uint16_t narrow16(std::uint64_t value) {
  return static_cast<std::uint16_t>(value);  // sizes of names and fields, all small
}

std::uint32_t checksum(std::span<const std::byte> content) {
  return static_cast<std::uint32_t>(
      ::crc32_z(0, reinterpret_cast<const Bytef*>(content.data()), content.size()));
}

/// 32 bits of a number, or the mark that says that it stands in a ZIP64 field, where it is then appended.
std::uint32_t low_or_mark(std::uint64_t value, bool wide, std::string& zip64) {
  if (!wide) {
    return static_cast<std::uint32_t>(value);
  }
  put<std::uint64_t>(zip64, value);
  return std::numeric_limits<std::uint32_t>::max();
}

std::string as_extra_field(const std::string& zip64) {
  std::string field;
  if (!zip64.empty()) {
    put<std::uint16_t>(field, kZip64);
    put<std::uint16_t>(field, narrow16(zip64.size()));
    field += zip64;
  }
  return field;
}

/// From "version needed" to the length of the name: what a record's own header and its entry have in common.
std::string common_part(const std::string& name, std::uint32_t crc, std::uint32_t size, bool zip64) {
  std::string part;
  put<std::uint16_t>(part, zip64 ? kVersion64 : kVersion);
  put<std::uint16_t>(part, kUtf8Names);
  put<std::uint16_t>(part, 0);  // stored
  put<std::uint16_t>(part, 0);  // time
  put<std::uint16_t>(part, kFirstDay);
  put<std::uint32_t>(part, crc);
  put<std::uint32_t>(part, size);  // as it lies in the file
  put<std::uint32_t>(part, size);
  put<std::uint16_t>(part, narrow16(name.size()));
  return part;
}

}  // namespace

void ZipWriter::add(const std::string& name, std::span<const std::byte> content) {
  const std::uint64_t offset = file_.size();
  const std::uint32_t crc = checksum(content);
  const bool wide_size = content.size() >= widest32_;

  std::string own64;
  const std::uint32_t size = low_or_mark(content.size(), wide_size, own64);
  low_or_mark(content.size(), wide_size, own64);
  std::string extra = as_extra_field(own64);
  std::string header = "PK\x03\x04" + common_part(name, crc, size, wide_size);
  constexpr std::uint64_t kLengthOfExtra = 2;
  const std::uint64_t end = offset + header.size() + kLengthOfExtra + name.size() + extra.size() + kExtraHead;
  const std::uint64_t padding = (kAlignment - end % kAlignment) % kAlignment;
  put<std::uint16_t>(extra, kPadding);
  put<std::uint16_t>(extra, narrow16(padding));
  extra.append(padding, 'Z');
  put<std::uint16_t>(header, narrow16(extra.size()));
  file_.write(header);
  file_.write(name);
  file_.write(extra);
  file_.write(content);

  const bool wide_offset = offset >= widest32_;
  std::string entry64;
  low_or_mark(content.size(), wide_size, entry64);
  low_or_mark(content.size(), wide_size, entry64);
  const std::uint32_t place = low_or_mark(offset, wide_offset, entry64);
  const std::string entry_extra = as_extra_field(entry64);
  const bool zip64 = wide_size || wide_offset;
  directory_ += "PK\x01\x02";
  put<std::uint16_t>(directory_, zip64 ? kVersion64 : kVersion);  // made by
  directory_ += common_part(name, crc, size, zip64);
  put<std::uint16_t>(directory_, narrow16(entry_extra.size()));
  directory_.append(10, '\0');  // no comment, first disk, no attributes
  put<std::uint32_t>(directory_, place);
  directory_ += name + entry_extra;
  ++entries_;
}

void ZipWriter::finish() {
  const std::uint64_t offset = file_.size();
  const bool many = entries_ >= std::numeric_limits<std::uint16_t>::max();
  const bool zip64 = many || offset >= widest32_ || directory_.size() >= widest32_;
  file_.write(directory_);
  std::string end;
  if (zip64) {
    constexpr std::uint64_t kRest = 44;  // bytes of the record behind this number
    const std::uint64_t record = file_.size();
    end += "PK\x06\x06";
    put<std::uint64_t>(end, kRest);
    put<std::uint16_t>(end, kVersion64);
    put<std::uint16_t>(end, kVersion64);
    put<std::uint32_t>(end, 0);  // this disk
    put<std::uint32_t>(end, 0);  // the directory's
    put<std::uint64_t>(end, entries_);
    put<std::uint64_t>(end, entries_);
    put<std::uint64_t>(end, directory_.size());
    put<std::uint64_t>(end, offset);
    end += "PK\x06\x07";
    put<std::uint32_t>(end, 0);
    put<std::uint64_t>(end, record);
    put<std::uint32_t>(end, 1);  // disks
  }
  const std::uint16_t count = many ? std::numeric_limits<std::uint16_t>::max() : narrow16(entries_);
  std::string nowhere;
  end += "PK\x05\x06";
  put<std::uint16_t>(end, 0);
  put<std::uint16_t>(end, 0);
  put<std::uint16_t>(end, count);
  put<std::uint16_t>(end, count);
  put<std::uint32_t>(end, low_or_mark(directory_.size(), zip64, nowhere));
  put<std::uint32_t>(end, low_or_mark(offset, zip64, nowhere));
  put<std::uint16_t>(end, 0);  // no comment
  file_.write(end);
}

}  // namespace vifi
