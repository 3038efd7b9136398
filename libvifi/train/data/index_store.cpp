#include "data/index_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "data/cache_name.h"
#include "data/text_files.h"
#include "vifi/error.h"
#include "vifi/log.h"

namespace vifi::train {
namespace {

constexpr char kMagic[8] = {'v', 'i', 'f', 'i', 'i', 'd', 'x', '1'};
constexpr std::size_t kLargestIndex = 256U << 20;

struct Head {
  char magic[8];
  std::uint64_t identity;
  std::uint64_t frames;
  std::uint64_t keys;
  std::uint64_t timed_out;
};

std::string bytes_of(const std::string& identity, const VideoIndex& index) {
  Head head{{}, identity.size(), index.pts_ns.size(), index.key_frames.size(), index.timed_out};
  std::memcpy(head.magic, kMagic, sizeof kMagic);
  std::string bytes(reinterpret_cast<const char*>(&head), sizeof head);
  bytes += identity;
  for (const auto* list : {&index.pts_ns, &index.key_frames}) {
    bytes.append(reinterpret_cast<const char*>(list->data()), list->size() * sizeof(std::int64_t));
  }
  return bytes;
}

bool ascends(const std::vector<std::int64_t>& list) {
  return std::adjacent_find(list.begin(), list.end(), std::greater_equal()) == list.end();
}

std::optional<VideoIndex> index_from(const std::string& identity, const std::string& bytes) {
  Head head;
  if (bytes.size() < sizeof head) return std::nullopt;
  std::memcpy(&head, bytes.data(), sizeof head);
  if (std::memcmp(head.magic, kMagic, sizeof kMagic) != 0 || head.identity != identity.size() ||
      head.frames > kLargestIndex || head.keys > head.frames ||
      bytes.size() != sizeof head + head.identity + (head.frames + head.keys) * sizeof(std::int64_t) ||
      bytes.compare(sizeof head, identity.size(), identity) != 0) {
    return std::nullopt;
  }
  VideoIndex index;
  index.pts_ns.resize(head.frames);
  index.key_frames.resize(head.keys);
  index.timed_out = head.timed_out != 0;
  const char* at = bytes.data() + sizeof head + identity.size();
  std::memcpy(index.pts_ns.data(), at, head.frames * sizeof(std::int64_t));
  std::memcpy(index.key_frames.data(), at + head.frames * sizeof(std::int64_t), head.keys * sizeof(std::int64_t));
  const bool keys_fit = index.key_frames.empty() ||
                        (index.key_frames.front() >= 0 && index.key_frames.back() < static_cast<std::int64_t>(head.frames));
  if (!keys_fit || !ascends(index.key_frames)) return std::nullopt;
  return index;
}

}  // namespace

IndexStore::IndexStore(std::string folder, std::size_t memory_bytes) : folder_(std::move(folder)), memory_bytes_(memory_bytes) {
  std::error_code error;
  if (!folder_.empty() && !std::filesystem::create_directories(folder_, error) && !std::filesystem::is_directory(folder_)) {
    throw Error(ErrorCode::unreadable, fmt::format("[index store] {}: the folder cannot be made ({})", folder_, error.message()),
                "name a folder that you may write");
  }
}

std::optional<VideoIndex> IndexStore::find(const std::string& identity) {
  {
    std::lock_guard lock(mutex_);
    if (const auto found = known_.find(identity); found != known_.end()) return found->second;
  }
  if (folder_.empty()) return std::nullopt;
  std::ifstream file(file_of(identity), std::ios::binary);
  if (!file) return std::nullopt;
  const std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  auto index = index_from(identity, bytes);
  if (index) remember(identity, *index);
  return index;
}

void IndexStore::keep(const std::string& identity, const VideoIndex& index) {
  remember(identity, index);
  if (folder_.empty()) return;
  try {
    write_whole("index store", file_of(identity), bytes_of(identity, index));
  } catch (const Error& error) {
    log(LogLevel::warning, error.message());
  }
}

void IndexStore::remember(const std::string& identity, const VideoIndex& index) {
  const std::size_t size = identity.size() + (index.pts_ns.size() + index.key_frames.size()) * sizeof(std::int64_t) + 128;
  std::lock_guard lock(mutex_);
  if (used_bytes_ + size > memory_bytes_) {
    known_.clear();
    used_bytes_ = 0;
  }
  if (known_.insert_or_assign(identity, index).second) used_bytes_ += size;
}

std::string IndexStore::file_of(const std::string& identity) const {
  return (std::filesystem::path(folder_) / (cache_name(identity) + ".index")).string();
}

}  // namespace vifi::train
