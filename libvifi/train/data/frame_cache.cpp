#include "data/frame_cache.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <zlib.h>

#include <cstring>
#include <filesystem>

#include "data/cache_name.h"
#include "vifi/error.h"
#include "vifi/log.h"

namespace vifi::train {
namespace {

constexpr std::uint64_t kMagic = 0x31656D6172666976;  // "viframe1"
constexpr std::int64_t kLargestSide = 1 << 14;

/// Begins each file; then the identity, then an Entry for each frame, then the frames.
struct Head {
  std::uint64_t magic;
  std::int64_t width;
  std::int64_t height;
  std::int64_t frames;
  std::int64_t identity;  ///< bytes
};

struct Entry {
  std::uint32_t sum;
  std::uint32_t present;
};

std::int64_t entry_place(const std::string& identity, std::int64_t frame) {
  return static_cast<std::int64_t>(sizeof(Head) + (identity.size() + 7) / 8 * 8) + frame * static_cast<std::int64_t>(sizeof(Entry));
}

std::int64_t frame_bytes(Size size) { return std::int64_t{3} * size.width * size.height; }

/// On a page of its own, so that a frame that is absent takes no space.
std::int64_t frame_place(const std::string& identity, std::int64_t frames, Size size, std::int64_t frame) {
  const auto paged = [](std::int64_t bytes) { return (bytes + 4095) / 4096 * 4096; };
  return paged(entry_place(identity, frames)) + frame * paged(frame_bytes(size));
}

std::uint32_t sum_of(std::span<const std::uint8_t> bytes) {
  return static_cast<std::uint32_t>(crc32(0, bytes.data(), static_cast<uInt>(bytes.size())));
}

template <typename T>
std::span<std::uint8_t> raw(T& value) {
  return {reinterpret_cast<std::uint8_t*>(&value), sizeof value};
}

}  // namespace

FrameCache::FrameCache(std::string folder, std::int64_t limit_bytes) : folder_(std::move(folder)), limit_(limit_bytes) {
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  if (!std::filesystem::is_directory(folder_)) {
    throw Error(ErrorCode::unreadable, fmt::format("[frame cache] {}: the folder cannot be made ({})", folder_, error.message()),
                "name a folder that you may write");
  }
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    struct stat status{};
    if (entry.path().extension() == ".frames" && ::stat(entry.path().c_str(), &status) == 0) used_ += status.st_blocks * 512;
  }
}

FrameCache::Video FrameCache::open(const std::string& identity, std::int64_t frames) {
  const std::string path = (std::filesystem::path(folder_) / (cache_name(identity) + ".frames")).string();
  return Video(*this, FileHandle(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)), identity, frames);
}

bool FrameCache::reserve(std::int64_t bytes) {
  if (full_) return false;
  if (used_.fetch_add(bytes) + bytes <= limit_) return true;
  used_ -= bytes;
  give_up("its limit is reached");
  return false;
}

void FrameCache::give_up(const char* reason) {
  if (!full_.exchange(true)) log(LogLevel::info, fmt::format("[frame cache] {}: {}; no more frames are added", folder_, reason));
}

bool FrameCache::Video::read_head(Size& size) const {
  Head head;
  if (!file_ || !file_.read_at(0, raw(head)) || head.magic != kMagic || head.frames != frames_ || head.width <= 0 ||
      head.height <= 0 || head.width > kLargestSide || head.height > kLargestSide ||
      head.identity != static_cast<std::int64_t>(identity_.size())) {
    return false;
  }
  std::string identity(identity_.size(), '\0');
  if (!file_.read_at(sizeof head, {reinterpret_cast<std::uint8_t*>(identity.data()), identity.size()}) || identity != identity_) {
    return false;
  }
  size = {static_cast<int>(head.width), static_cast<int>(head.height)};
  return true;
}

bool FrameCache::Video::load(std::int64_t frame, Size& size, std::vector<std::uint8_t>& planes) const {
  if (frame < 0 || frame >= frames_ || (size_.width == 0 && !read_head(size_))) return false;
  Entry entry;
  if (!file_.read_at(entry_place(identity_, frame), raw(entry)) || entry.present != 1) return false;
  planes.resize(static_cast<std::size_t>(frame_bytes(size_)));
  if (!file_.read_at(frame_place(identity_, frames_, size_, frame), planes) || sum_of(planes) != entry.sum) return false;
  size = size_;
  ++cache_->hits_;
  return true;
}

bool FrameCache::Video::begin(Size size) {
  if (!file_) return false;
  // All who begin the file write the same bytes. What lies behind the head is zero: absent.
  const Head head{kMagic, size.width, size.height, frames_, static_cast<std::int64_t>(identity_.size())};
  std::string bytes(reinterpret_cast<const char*>(&head), sizeof head);
  bytes += identity_;
  if (!file_.write_at(0, {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()})) return false;
  size_ = size;
  return true;
}

void FrameCache::Video::store(std::int64_t frame, Size size, std::span<const std::uint8_t> planes) {
  if (frame < 0 || frame >= frames_ || cache_->full()) return;
  const bool begun = size_.width != 0 || read_head(size_);
  if (begun && size_ != size) return;  // a video whose frames change their size keeps those of the first
  Entry entry;
  const bool again = begun && file_.read_at(entry_place(identity_, frame), raw(entry)) && entry.present == 1;
  if (!again && !cache_->reserve((frame_bytes(size) + 4095) / 4096 * 4096)) return;
  if (!begun && !begin(size)) return;
  entry = {sum_of(planes), 1};
  if (!file_.write_at(frame_place(identity_, frames_, size, frame), planes) ||
      !file_.write_at(entry_place(identity_, frame), raw(entry))) {
    cache_->give_up("it cannot be written");
  }
}

}  // namespace vifi::train
