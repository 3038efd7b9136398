#include "data/text_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "vifi/error.h"

namespace vifi::train {
namespace {

constexpr std::uintmax_t kLargestFile = 256U << 20;
constexpr std::string_view kBlanks = " \t\r\v\f";

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

[[noreturn]] void cannot_write(const std::string& operation, const std::string& file) {
  throw Error(ErrorCode::unreadable, fmt::format("[{}] {}: cannot be written ({})", operation, file, std::strerror(errno)),
              "check the folder, its permissions and the space on the disk");
}

}  // namespace

void for_each_line(const std::string& operation, const std::string& file,
                   const std::function<void(std::size_t, std::string_view)>& take) {
  std::error_code error;
  const auto status = std::filesystem::status(file, error);
  if (status.type() == std::filesystem::file_type::not_found) {
    throw Error(ErrorCode::not_found, fmt::format("[{}] {}: no such file", operation, file), "check the path");
  }
  std::ifstream in(file, std::ios::binary);
  if (!in || std::filesystem::is_directory(status)) {
    throw Error(ErrorCode::unreadable, fmt::format("[{}] {}: cannot be opened", operation, file),
                "give a file that you may read");
  }
  if (std::filesystem::is_regular_file(status) && std::filesystem::file_size(file, error) > kLargestFile) {
    throw Error(ErrorCode::corrupt, fmt::format("[{}] {}: more than {} MiB", operation, file, kLargestFile >> 20),
                "give a list with one video a line");
  }
  std::string line;
  for (std::size_t number = 1; std::getline(in, line); ++number) {
    std::string_view text = line;
    if (number == 1 && text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    if (text.find('\0') != std::string_view::npos) {
      throw Error(ErrorCode::corrupt, fmt::format("[{}] {}: line {} holds a NUL byte, not text", operation, file, number),
                  "give a list of text lines");
    }
    text = trimmed(text);
    if (!text.empty()) take(number, text);
  }
  if (in.bad()) {
    throw Error(ErrorCode::unreadable, fmt::format("[{}] {}: reading it failed", operation, file), "check the disk");
  }
}

void write_whole(const std::string& operation, const std::string& file, std::string_view content) {
  const std::string draft = fmt::format("{}.{}.part", file, ::getpid());
  const int handle = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (handle < 0) cannot_write(operation, file);
  bool good = true;
  while (good && !content.empty()) {
    const ssize_t written = ::write(handle, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    good = written > 0;
    if (good) content.remove_prefix(static_cast<std::size_t>(written));
  }
  good = good && ::fsync(handle) == 0;
  good = ::close(handle) == 0 && good;
  if (!good || ::rename(draft.c_str(), file.c_str()) != 0) {
    const int reason = errno;
    ::unlink(draft.c_str());
    errno = reason;
    cannot_write(operation, file);
  }
}

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    quoted += c;
    if (c == '"') quoted += c;
  }
  return quoted + '"';
}

}  // namespace vifi::train
