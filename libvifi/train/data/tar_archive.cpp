#include "data/tar_archive.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "data/file_handle.h"
#include "vifi/error.h"

namespace vifi::train {
namespace {

constexpr std::int64_t kBlock = 512;
constexpr std::int64_t kLongestName = 64 << 10;  // of names and pax records

using Header = std::array<std::uint8_t, kBlock>;

std::string_view text_at(const Header& header, std::size_t offset, std::size_t length) {
  const std::string_view field(reinterpret_cast<const char*>(header.data()) + offset, length);
  return field.substr(0, field.find('\0'));
}

/// Octal, or big-endian binary where the first bit is set. Negative: not a number.
std::int64_t number_at(const Header& header, std::size_t offset, std::size_t length) {
  if ((header[offset] & 0x80) != 0) {
    std::int64_t value = header[offset] & 0x3F;
    for (std::size_t i = 1; i < length; ++i) {
      if (value >= (std::int64_t{1} << 54)) return -1;
      value = value << 8 | header[offset + i];
    }
    return value;
  }
  std::int64_t value = 0;
  for (const char c : text_at(header, offset, length)) {
    if (c == ' ') continue;
    if (c < '0' || c > '7' || value >= (std::int64_t{1} << 58)) return -1;
    value = value * 8 + (c - '0');
  }
  return value;
}

bool is_sound(const Header& header) {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < header.size(); ++i) sum += i >= 148 && i < 156 ? ' ' : header[i];
  return sum == number_at(header, 148, 8);
}

std::string plain_name(std::string_view name) {
  while (name.starts_with("./")) name.remove_prefix(2);
  return std::string(name);
}

/// Value of a key in pax records: `LENGTH KEY=VALUE\n`.
std::optional<std::string> pax_value(std::string_view records, std::string_view key) {
  while (!records.empty()) {
    std::size_t length = 0;
    const auto [end, error] = std::from_chars(records.data(), records.data() + records.size(), length);
    const auto digits = static_cast<std::size_t>(end - records.data());
    if (error != std::errc() || length <= digits + 1 || length > records.size()) return std::nullopt;
    std::string_view record = records.substr(digits + 1, length - digits - 2);
    if (record.starts_with(key) && record.substr(key.size()).starts_with('=')) {
      return std::string(record.substr(key.size() + 1));
    }
    records.remove_prefix(length);
  }
  return std::nullopt;
}

class Scan {
 public:
  explicit Scan(const std::string& path) : path_(path), file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    struct stat status{};
    if (!file_ || ::fstat(file_.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
      const bool missing = !file_ && errno == ENOENT;
      throw Error(missing ? ErrorCode::not_found : ErrorCode::unreadable,
                  fmt::format("[tar] {}: {}", path, missing ? "no such file" : "cannot be opened as a file"),
                  "check the path of the archive");
    }
    size_ = status.st_size;
  }

  std::unordered_map<std::string, TarArchive::Member> members() {
    std::unordered_map<std::string, TarArchive::Member> found;
    Header header;
    std::string long_name;
    std::int64_t long_size = -1;  // -1: the header's own counts
    for (std::int64_t at = 0; at + kBlock <= size_;) {
      if (!file_.read_at(at, header)) throw corrupt(at, "it cannot be read");
      if (std::all_of(header.begin(), header.end(), [](std::uint8_t byte) { return byte == 0; })) break;
      if (!is_sound(header)) throw corrupt(at, "its check sum is wrong");
      const char type = static_cast<char>(header[156]);
      std::int64_t size = number_at(header, 124, 12);
      if (long_size >= 0 && (type == '0' || type == '\0')) size = long_size;
      const std::int64_t data = at + kBlock;
      if (size < 0 || size > size_ - data) throw corrupt(at, "its member goes beyond the end of the file");
      switch (type) {
        case 'L': long_name = content(data, size); long_name.resize(std::min(long_name.find('\0'), long_name.size())); break;
        case 'x': {
          const std::string records = content(data, size);
          if (auto name = pax_value(records, "path")) long_name = std::move(*name);
          if (const auto text = pax_value(records, "size")) long_size = whole_number(*text, at);
          break;
        }
        case 'g': case 'K': break;
        default:
          if (type == '0' || type == '\0' || type == '7') {
            found[plain_name(long_name.empty() ? short_name(header) : long_name)] = {data, size};
          }
          long_name.clear();
          long_size = -1;
      }
      at = data + (size + kBlock - 1) / kBlock * kBlock;
    }
    return found;
  }

 private:
  static std::string short_name(const Header& header) {
    const std::string name(text_at(header, 0, 100));
    const std::string prefix(text_at(header, 257, 6).starts_with("ustar") ? text_at(header, 345, 155) : "");
    // GNU's own format uses the prefix's place for times.
    const bool gnu = header[263] == ' ';
    return prefix.empty() || gnu ? name : prefix + '/' + name;
  }

  std::string content(std::int64_t offset, std::int64_t size) const {
    if (size > kLongestName) throw corrupt(offset - kBlock, "its name is too long");
    std::string text(static_cast<std::size_t>(size), '\0');
    if (!file_.read_at(offset, {reinterpret_cast<std::uint8_t*>(text.data()), text.size()})) {
      throw corrupt(offset - kBlock, "its name cannot be read");
    }
    return text;
  }

  std::int64_t whole_number(const std::string& text, std::int64_t at) const {
    std::int64_t value = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < 0) throw corrupt(at, "its size is no number");
    return value;
  }

  Error corrupt(std::int64_t at, const char* reason) const {
    return Error(ErrorCode::corrupt, fmt::format("[tar] {}: header at byte {}: {}", path_, at, reason),
                 "give an uncompressed tar archive (`tar -cf`); `tar -tvf` shows where reading fails");
  }

  const std::string& path_;
  FileHandle file_;
  std::int64_t size_ = 0;
};

}  // namespace

TarArchive::TarArchive(const std::string& path) : path_(path), members_(Scan(path_).members()) {}

std::optional<TarArchive::Member> TarArchive::find(const std::string& name) const {
  const auto found = members_.find(plain_name(name));
  if (found == members_.end()) return std::nullopt;
  return found->second;
}

std::vector<std::string> TarArchive::names() const {
  std::vector<std::string> names;
  for (const auto& member : members_) names.push_back(member.first);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace vifi::train
