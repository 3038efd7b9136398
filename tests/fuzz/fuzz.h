#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

#include "vifi/error.h"

/// What the fuzz targets share. An input is refused by a vifi::Error or taken; anything else is a finding.
namespace vifi::fuzz {

/// A file in memory that code under test may open by its path.
class MemoryFile {
 public:
  MemoryFile() : fd_(memfd_create("fuzz", MFD_CLOEXEC)), path_("/proc/self/fd/" + std::to_string(fd_)) {}

  const std::string& write(std::string_view content) {
    if (ftruncate(fd_, 0) != 0 || pwrite(fd_, content.data(), content.size(), 0) != static_cast<ssize_t>(content.size())) {
      std::perror("fuzz: a file in memory cannot be written");
      std::_Exit(2);
    }
    return path_;
  }

 private:
  int fd_;
  std::string path_;
};

/// Takes numbers from the front of an input; zeros where it is used up.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : rest_(data, size) {}

  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const std::uint8_t value = rest_.front();
    rest_ = rest_.subspan(1);
    return value;
  }
  template <typename T>
  T number() {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) value |= std::uint64_t{byte()} << (8 * i);
    return static_cast<T>(value);
  }
  /// 0 to `count` - 1
  int below(int count) { return byte() % count; }
  bool empty() const { return rest_.empty(); }
  std::span<const std::uint8_t> rest() const { return rest_; }

 private:
  std::span<const std::uint8_t> rest_;
};

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// A broken promise of the code under test.
inline void require(bool promise, const char* what) {
  if (promise) return;
  std::fprintf(stderr, "fuzz: %s\n", what);
  std::abort();
}

/// Runs `body`; a refusal must say what it was doing.
template <typename Body>
void taken_or_refused(Body&& body) {
  try {
    body();
  } catch (const Error& error) {
    require(error.message().starts_with("["), "an error does not name its operation");
  }
}

}  // namespace vifi::fuzz
