#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "runner.h"

namespace vifi::parity {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

/// An empty folder that goes with its content.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string name = (fs::temp_directory_path() / "vifi-parity-XXXXXX").string();
    if (!mkdtemp(name.data())) {
      throw std::runtime_error(name + ": " + std::strerror(errno));
    }
    path_ = name;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

std::uint64_t address_space_bytes() {
  std::uint64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  return pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

/// Lets the process grow by `bytes` of address space, and so by no more memory than that.
void limit_growth(std::uint64_t bytes) {
  rlimit limit{};
  getrlimit(RLIMIT_AS, &limit);
  limit.rlim_cur = address_space_bytes() + bytes;
  setrlimit(RLIMIT_AS, &limit);
}

[[noreturn]] void run_child(const CaseFile& file, const fs::path& folder, int pipe) {
  Outcome outcome;
  if (chdir(folder.c_str()) != 0) {
    outcome.complaints.push_back("cannot enter " + folder.string());
  } else {
    if (file.limits.memory_bytes) {
      limit_growth(*file.limits.memory_bytes);
    }
    outcome = run_case(file);
  }
  const nlohmann::json json = {{"status", static_cast<int>(outcome.status)},
                               {"complaints", outcome.complaints},
                               {"details", outcome.details},
                               {"seconds", outcome.seconds}};
  const std::string text = json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  for (std::size_t written = 0; written < text.size();) {
    const ssize_t step = write(pipe, text.data() + written, text.size() - written);
    if (step <= 0) {
      break;
    }
    written += static_cast<std::size_t>(step);
  }
  _exit(0);
}

/// Everything the child wrote; nothing if it was still at it at the deadline.
std::optional<std::string> read_until(int pipe, std::optional<Clock::time_point> deadline) {
  std::string text;
  for (;;) {
    int wait_ms = -1;
    if (deadline) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline - Clock::now()).count();
      if (left <= 0) {
        return std::nullopt;
      }
      wait_ms = static_cast<int>(left);
    }
    pollfd ready{pipe, POLLIN, 0};
    if (poll(&ready, 1, wait_ms) <= 0) {
      continue;
    }
    char chunk[4096];
    const ssize_t size = read(pipe, chunk, sizeof chunk);
    if (size <= 0) {
      return text;
    }
    text.append(chunk, static_cast<std::size_t>(size));
  }
}

Outcome failure(std::string complaint) {
  return {Status::failed, {std::move(complaint)}, {}, 0};
}

}  // namespace

Outcome run_case_isolated(const CaseFile& file) {
  const ScratchFolder scratch;
  int ends[2];
  if (pipe(ends) != 0) {
    return failure(std::string("pipe: ") + std::strerror(errno));
  }
  const pid_t child = fork();
  if (child < 0) {
    close(ends[0]);
    close(ends[1]);
    return failure(std::string("fork: ") + std::strerror(errno));
  }
  if (child == 0) {
    close(ends[0]);
    run_child(file, scratch.path(), ends[1]);
  }
  close(ends[1]);

  std::optional<Clock::time_point> deadline;
  if (file.limits.time) {
    deadline = Clock::now() + *file.limits.time;
  }
  const std::optional<std::string> text = read_until(ends[0], deadline);
  close(ends[0]);
  if (!text) {
    kill(child, SIGKILL);
  }
  int status = 0;
  waitpid(child, &status, 0);

  if (!text) {
    return failure("did not end within " + std::to_string(file.limits.time->count()) + " ms");
  }
  if (WIFSIGNALED(status)) {
    return failure("died of signal " + std::to_string(WTERMSIG(status)) + " (" + strsignal(WTERMSIG(status)) + ")");
  }
  const auto json = nlohmann::json::parse(*text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) {
    return failure("ended without a result");
  }
  if (!fs::is_empty(scratch.path())) {
    return failure("left " + fs::directory_iterator(scratch.path())->path().filename().string() +
                   " in its working folder");
  }
  Outcome outcome;
  outcome.status = static_cast<Status>(json.at("status").get<int>());
  outcome.complaints = json.at("complaints").get<std::vector<std::string>>();
  outcome.details = json.at("details").get<std::vector<std::string>>();
  outcome.seconds = json.at("seconds");
  return outcome;
}

}  // namespace vifi::parity
