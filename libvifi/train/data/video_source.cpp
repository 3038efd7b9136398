#include "data/video_source.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <vector>

#include "data/file_handle.h"
#include "vifi/error.h"

namespace vifi::train {
namespace {

using Take = std::function<void(std::size_t, const FrameView&)>;

class VideoFile : public VideoSource {
 public:
  VideoFile(const VideoPlace& place, IndexStore& indices, const ReaderOptions& options)
      : place_(place), store_(indices), options_(options) {
    options_.name = place.name;
  }

  std::int64_t frame_count() override { return static_cast<std::int64_t>(index().pts_ns.size()); }

  std::int64_t read(std::span<const std::int64_t> indices, const Take& take) override {
    return read_frames(input(), index(), indices,
                       [&](std::size_t slot, const VideoFrame& frame) { take(slot, frame.view); }, options_);
  }

 protected:
  virtual std::string input() { return place_.path; }

  const VideoPlace place_;

 private:
  const VideoIndex& index() {
    if (index_) return *index_;
    index_ = store_.find(place_.identity);
    if (!index_) {
      index_ = index_video(input(), options_);
      store_.keep(place_.identity, *index_);
    }
    return *index_;
  }

  IndexStore& store_;
  ReaderOptions options_;
  std::optional<VideoIndex> index_;
};

/// A member of an archive, copied into a file that lies in memory alone: decoders seek in files.
class TarMember : public VideoFile {
 public:
  using VideoFile::VideoFile;

 private:
  std::string input() override {
    if (!copy_) copy_ = copied();
    return fmt::format("/proc/self/fd/{}", copy_.get());
  }

  FileHandle copied() const {
    const FileHandle archive(::open(place_.path.c_str(), O_RDONLY | O_CLOEXEC));
    FileHandle copy(::memfd_create("vifi-video", MFD_CLOEXEC));
    std::vector<std::uint8_t> block(1U << 20);
    for (std::int64_t done = 0; done < place_.size;) {
      const auto part = std::span(block).first(
          static_cast<std::size_t>(std::min<std::int64_t>(static_cast<std::int64_t>(block.size()), place_.size - done)));
      if (!archive || !copy || !archive.read_at(place_.offset + done, part) || !copy.write_at(done, part)) {
        throw Error(ErrorCode::unreadable, fmt::format("[read video] {}: the member cannot be read from the archive", place_.name),
                    "check the archive and the memory that is free");
      }
      done += static_cast<std::int64_t>(part.size());
    }
    return copy;
  }

  FileHandle copy_;
};

/// "img_2" before "img_10": runs of digits compare as numbers.
bool natural_less(const std::string& a, const std::string& b) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  std::size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    if (digit(a[i]) && digit(b[j])) {
      const auto number_end = [&](const std::string& text, std::size_t at) {
        while (at < text.size() && digit(text[at])) ++at;
        return at;
      };
      const std::size_t end_a = number_end(a, i), end_b = number_end(b, j);
      while (i + 1 < end_a && a[i] == '0') ++i;
      while (j + 1 < end_b && b[j] == '0') ++j;
      if (end_a - i != end_b - j) return end_a - i < end_b - j;
      const int order = a.compare(i, end_a - i, b, j, end_b - j);
      if (order != 0) return order < 0;
      i = end_a;
      j = end_b;
    } else {
      if (a[i] != b[j]) return a[i] < b[j];
      ++i;
      ++j;
    }
  }
  if (a.size() - i != b.size() - j) return a.size() - i < b.size() - j;
  return a < b;
}

class PictureFolder : public VideoSource {
 public:
  PictureFolder(const VideoPlace& place, const ReaderOptions& options) : options_(options) {
    for (const auto& entry : std::filesystem::directory_iterator(place.path)) {
      if (is_picture(entry.path().string())) pictures_.push_back(entry.path().string());
    }
    if (pictures_.empty()) {
      throw Error(ErrorCode::corrupt, fmt::format("[read video] {}: the folder holds no .jpg, .jpeg or .png", place.name),
                  "a folder in a list stands for a video and holds its frames");
    }
    std::sort(pictures_.begin(), pictures_.end(), natural_less);
  }

  std::int64_t frame_count() override { return static_cast<std::int64_t>(pictures_.size()); }

  std::int64_t read(std::span<const std::int64_t> indices, const Take& take) override {
    std::vector<std::string> paths;       // each once
    std::vector<std::size_t> first_slot;  // of each path
    for (std::size_t slot = 0; slot < indices.size(); ++slot) {
      if (indices[slot] < 0 || indices[slot] >= frame_count() || (slot > 0 && indices[slot] < indices[slot - 1])) {
        throw Error(ErrorCode::invalid_argument,
                    fmt::format("[read frames] frame indices must ascend from 0 to {}, got {}", frame_count() - 1, indices[slot]));
      }
      if (slot > 0 && indices[slot] == indices[slot - 1]) continue;
      paths.push_back(pictures_[static_cast<std::size_t>(indices[slot])]);
      first_slot.push_back(slot);
    }
    read_pictures(paths, [&](std::size_t path, const VideoFrame& frame) {
      const std::size_t first = first_slot[path];
      for (std::size_t slot = first; slot < indices.size() && indices[slot] == indices[first]; ++slot) take(slot, frame.view);
    }, options_);
    return static_cast<std::int64_t>(paths.size());
  }

 private:
  ReaderOptions options_;
  std::vector<std::string> pictures_;
};

}  // namespace

std::unique_ptr<VideoSource> open_video(const VideoPlace& place, IndexStore& indices, const ReaderOptions& options) {
  switch (place.kind) {
    case VideoPlace::Kind::tar_member: return std::make_unique<TarMember>(place, indices, options);
    case VideoPlace::Kind::pictures: return std::make_unique<PictureFolder>(place, options);
    case VideoPlace::Kind::file: break;
  }
  return std::make_unique<VideoFile>(place, indices, options);
}

}  // namespace vifi::train
