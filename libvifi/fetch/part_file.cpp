#include "part_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <limits>
#include <system_error>
#include <utility>
#include <vector>

#include "vifi/error.h"

namespace vifi {
namespace {

[[noreturn]] void fail(const std::string& path, int error, const std::string& hint) {
  throw Error(ErrorCode::unreadable, "[fetch] " + path + ": " + std::generic_category().message(error), hint);
}

[[noreturn]] void fail_to_write(const std::string& path, int error, std::uint64_t kept) {
  const bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
  fail(path, error,
       full ? "free some space and run the same command again: it goes on from the " + std::to_string(kept) +
                  " bytes that are there"
            : "check the disk, or fetch into another folder");
}

}  // namespace

PartFile::PartFile(std::string path, const std::function<void()>& waiting) : path_(std::move(path)) {
  while (!open_and_lock(waiting)) {
    ::close(std::exchange(file_, -1));
  }
  read_all();
}

PartFile::~PartFile() {
  if (file_ >= 0) {
    ::close(file_);
  }
}

bool PartFile::open_and_lock(const std::function<void()>& waiting) {
  constexpr mode_t kMode = 0666;  // less the umask
  file_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, kMode);
  if (file_ < 0) {
    fail(path_, errno, "fetch into a folder that you may write");
  }
  if (::flock(file_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    if (waiting) {
      waiting();
    }
    while (::flock(file_, LOCK_EX) != 0 && errno == EINTR) {
    }
  }  // on disks without locks, nobody is waited for
  struct stat mine {};
  struct stat named {};
  return ::fstat(file_, &mine) == 0 && ::stat(path_.c_str(), &named) == 0 && mine.st_ino == named.st_ino &&
         mine.st_dev == named.st_dev;
}

void PartFile::read_all() {
  std::vector<std::byte> buffer(1 << 20);
  for (;;) {
    const ssize_t count = ::read(file_, buffer.data(), buffer.size());
    if (count < 0 && errno != EINTR) {
      const int error = errno;
      ::close(std::exchange(file_, -1));
      fail(path_, error, "remove this file and fetch again");
    }
    if (count == 0) {
      return;
    }
    if (count > 0) {
      sum_.update(std::span(buffer).first(static_cast<std::size_t>(count)));
      size_ += static_cast<std::uint64_t>(count);
    }
  }
}

std::string PartFile::checksum() const {
  Sha256 copy = sum_;
  return copy.finish();
}

std::uint64_t PartFile::disk_space() const noexcept {
  struct statvfs disk {};
  if (::fstatvfs(file_, &disk) != 0 || disk.f_blocks == 0) {
    return std::numeric_limits<std::uint64_t>::max();
  }
  return static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize;
}

void PartFile::append(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(file_, bytes.data(), bytes.size());
    if (count < 0) {
      if (errno == EINTR) {
        continue;
      }
      fail_to_write(path_, errno, size_);
    }
    const auto written = bytes.first(static_cast<std::size_t>(count));
    sum_.update(written);
    size_ += written.size();
    bytes = bytes.subspan(written.size());
  }
}

void PartFile::clear() {
  if (::ftruncate(file_, 0) != 0 || ::lseek(file_, 0, SEEK_SET) != 0) {
    fail(path_, errno, "remove this file and fetch again");
  }
  size_ = 0;
  sum_ = Sha256();
}

void PartFile::move_to(const std::string& name) {
  if (::fsync(file_) != 0) {
    fail_to_write(path_, errno, size_);
  }
  if (::rename(path_.c_str(), name.c_str()) != 0) {
    fail(name, errno, "check that its folder can be written");
  }
  path_ = name;
}

void PartFile::remove() noexcept { ::unlink(path_.c_str()); }

}  // namespace vifi
