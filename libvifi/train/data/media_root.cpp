#include "data/media_root.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <filesystem>

#include "vifi/error.h"

namespace vifi::train {
namespace {

namespace fs = std::filesystem;

std::int64_t changed_ns(const struct stat& status) {
  return std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
}

/// The archive that a root names, or nothing.
std::string archive_of(const std::string& root) {
  if (root.find(".tar") == std::string::npos) return {};
  if (fs::is_regular_file(root)) return root;
  if (fs::is_regular_file(root + ".tar")) return root + ".tar";
  return {};
}

}  // namespace

MediaRoot::MediaRoot(const std::string& root) : root_(root) {
  std::error_code ignored;
  if (const std::string archive = archive_of(root); !archive.empty()) {
    archive_ = std::make_shared<const TarArchive>(archive);
  } else if (!root.empty() && !fs::is_directory(root, ignored)) {
    throw Error(ErrorCode::not_found, fmt::format("[data root] {}: no such folder", root),
                "set DATA.ROOT to the folder, or the .tar archive, that holds the videos");
  }
}

VideoPlace MediaRoot::find(const std::string& path) const {
  VideoPlace place;
  struct stat status{};
  if (archive_) {
    const auto member = archive_->find(path);
    if (!member) {
      throw Error(ErrorCode::not_found, fmt::format("[data root] {}: the archive {} has no such member", path, archive_->path()),
                  "names in the list must be the members' names");
    }
    place.kind = VideoPlace::Kind::tar_member;
    place.path = archive_->path();
    place.name = archive_->path() + ": " + path;
    place.offset = member->offset;
    place.size = member->size;
    if (::stat(place.path.c_str(), &status) != 0) status = {};
    place.identity = fmt::format("{}|{}|{}|{}", fs::absolute(place.path).string(), place.offset, place.size, changed_ns(status));
    return place;
  }
  place.path = root_.empty() ? path : (fs::path(root_) / path).string();
  place.name = place.path;
  if (::stat(place.path.c_str(), &status) != 0) {
    throw Error(ErrorCode::not_found, fmt::format("[data root] {}: no such video", place.path),
                root_.empty() ? "set DATA.ROOT to the folder that the list's paths begin in" : "check the list and DATA.ROOT");
  }
  const bool folder = S_ISDIR(status.st_mode);
  place.kind = folder ? VideoPlace::Kind::pictures : VideoPlace::Kind::file;
  place.size = folder ? 0 : status.st_size;
  place.identity = fmt::format("{}|{}|{}", fs::absolute(place.path).string(), place.size, changed_ns(status));
  return place;
}

}  // namespace vifi::train
