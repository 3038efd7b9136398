#include "base/atomic_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "vifi/error.h"

namespace vifi {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBufferSize = 1 << 20;

fs::path folder_of(const std::string& path) {
  const fs::path folder = fs::path(path).parent_path();
  return folder.empty() ? fs::path(".") : folder;
}

}  // namespace

AtomicFile::AtomicFile(std::string path, std::string operation)
    : path_(std::move(path)),
      part_((folder_of(path_) / ("." + fs::path(path_).filename().string() + ".part")).string()),
      operation_(std::move(operation)) {
  while (!open_and_lock()) {
    ::close(std::exchange(file_, -1));
  }
  if (::ftruncate(file_, 0) != 0) {  // what a killed process left
    const int error = errno;
    ::close(file_);
    fail(error);
  }
}

AtomicFile::~AtomicFile() {
  if (file_ >= 0) {
    ::unlink(part_.c_str());
    ::close(file_);
  }
}

bool AtomicFile::open_and_lock() {
  constexpr mode_t kMode = 0666;  // less the umask
  file_ = ::open(part_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, kMode);
  if (file_ < 0) {
    fail(errno);
  }
  if (::flock(file_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    ::close(file_);
    throw Error(ErrorCode::unreadable, "[" + operation_ + "] " + path_ + ": another process is writing it",
                "wait for that process to end, or choose another name");
  }  // on disks without locks, nobody else is expected
  struct stat mine {};
  struct stat named {};
  return ::fstat(file_, &mine) == 0 && ::stat(part_.c_str(), &named) == 0 && mine.st_ino == named.st_ino &&
         mine.st_dev == named.st_dev;  // else another process finished it meanwhile
}

void AtomicFile::fail(int error) const {
  const bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
  throw Error(ErrorCode::unreadable,
              "[" + operation_ + "] " + path_ + ": " + std::generic_category().message(error) +
                  (full ? " after " + std::to_string(size_) + " bytes; nothing was left" : ""),
              full ? "free some space, or choose another folder" : "choose a folder that exists and may be written");
}

void AtomicFile::write_through(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(file_, bytes.data(), bytes.size());
    if (count < 0) {
      if (errno == EINTR) {
        continue;
      }
      fail(errno);
    }
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

void AtomicFile::write(std::span<const std::byte> bytes) {
  if (buffer_.size() + bytes.size() > kBufferSize) {
    flush();
  }
  if (bytes.size() > kBufferSize) {
    write_through(bytes);
  } else {
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
  }
  size_ += bytes.size();
}

const std::string& AtomicFile::flush() {
  write_through(buffer_);
  buffer_.clear();
  return part_;
}

void AtomicFile::commit() {
  flush();
  if (::fsync(file_) != 0 || ::rename(part_.c_str(), path_.c_str()) != 0) {
    fail(errno);
  }
  ::close(std::exchange(file_, -1));
  sync_folder(folder_of(path_).string());
}

void sync_folder(const std::string& folder) noexcept {
  if (const int file = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); file >= 0) {
    ::fsync(file);
    ::close(file);
  }
}

}  // namespace vifi
