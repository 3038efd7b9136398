#include "weights/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "weights/weights_error.h"

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#endif
#endif

namespace vifi {
namespace {

/// For AddressSanitizer, which knows no mappings: what lies behind the file's end in its last page is nobody's.
void fence(std::span<std::byte> bytes, bool up) {
#ifdef ASAN_POISON_MEMORY_REGION
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t left = (page - bytes.size() % page) % page;
  if (up) {
    ASAN_POISON_MEMORY_REGION(bytes.data() + bytes.size(), left);
  } else {
    ASAN_UNPOISON_MEMORY_REGION(bytes.data() + bytes.size(), left);
  }
#else
  static_cast<void>(bytes);
  static_cast<void>(up);
#endif
}

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor() {
    if (fd_ >= 0) {
      ::close(fd_);
    }
  }
  int get() const noexcept { return fd_; }

 private:
  int fd_;
};

[[noreturn]] void throw_system(const std::string& path, int error) {
  if (error == ENOENT || error == ENOTDIR) {
    throw WeightsError(WeightsErrorKind::not_found, path + " does not exist", "check the path");
  }
  throw Error(ErrorCode::unreadable, "[load checkpoint] " + path + ": " + std::generic_category().message(error),
              "check that the file may be read");
}

}  // namespace

std::shared_ptr<const MappedFile> MappedFile::open(const std::string& path) {
  // Without O_NONBLOCK a FIFO in the place of a file would wait for a writer.
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status = {};
  if (file.get() < 0 || ::fstat(file.get(), &status) != 0) {
    throw_system(path, errno);
  }
  if (!S_ISREG(status.st_mode)) {
    throw WeightsError(WeightsErrorKind::unsupported, path + " is not a regular file");
  }
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size == 0) {
    throw WeightsError(WeightsErrorKind::truncated, path + " is empty", "copy or download it again");
  }
  void* address = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, file.get(), 0);
  if (address == MAP_FAILED) {
    throw_system(path, errno);
  }
  return std::shared_ptr<const MappedFile>(new MappedFile(path, {static_cast<std::byte*>(address), size}));
}

MappedFile::MappedFile(std::string path, std::span<std::byte> bytes) : path_(std::move(path)), bytes_(bytes) {
  fence(bytes_, true);
}

MappedFile::~MappedFile() {
  fence(bytes_, false);
  ::munmap(bytes_.data(), bytes_.size());
}

}  // namespace vifi
