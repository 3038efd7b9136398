#include "bundle_folder.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <system_error>
#include <utility>

#include "base/sha256.h"
#include "vifi/bundle.h"
#include "vifi/error.h"

namespace vifi {
namespace {

namespace fs = std::filesystem;

constexpr const char* kAnotherFolder = "name another folder (--output) or another name (--name), or remove this one";

[[noreturn]] void fail_to_write(const fs::path& path, const std::string& reason) {
  throw Error(ErrorCode::unreadable, "[fetch] " + path.string() + ": " + reason,
              "free some space or fetch into another folder; the download itself is kept");
}

/// Makes a file, or the names in a folder, survive a loss of power. Not every disk can do it, and nothing is wrong
/// without.
void sync(const fs::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file >= 0) {
    ::fsync(file);
    ::close(file);
  }
}

void write_text(const fs::path& path, const std::string& text) {
  std::ofstream stream(path, std::ios::binary | std::ios::trunc);
  stream << text << std::flush;
  stream.close();
  if (!stream) {
    fail_to_write(path, "it cannot be written");
  }
  sync(path);
}

}  // namespace

BundleFolder::BundleFolder(fs::path folder, std::string sha256)
    : folder_(fs::absolute(folder).lexically_normal()), sha256_(std::move(sha256)) {
  if (!folder_.has_filename()) {  // a trailing slash
    folder_ = folder_.parent_path();
  }
}

BundleFolder::State BundleFolder::look() {
  std::error_code ignored;
  if (!fs::exists(folder_, ignored) || (fs::is_directory(folder_, ignored) && fs::is_empty(folder_, ignored))) {
    return state_ = State::absent;
  }
  Bundle bundle;
  try {
    bundle = read_bundle(folder_.string());
  } catch (const Error& error) {
    throw Error(ErrorCode::invalid_argument, "[fetch] " + folder_.string() + " is there and no bundle: " + error.message(),
                kAnotherFolder);
  }
  if (bundle.weights_sha256 != sha256_) {
    throw Error(ErrorCode::invalid_argument,
                "[fetch] " + folder_.string() + " is a bundle of other weights: expected sha256 " + sha256_ + ", got " +
                    (bundle.weights_sha256.empty() ? "none" : bundle.weights_sha256),
                kAnotherFolder);
  }
  weights_ = bundle.weights;
  return state_ = sha256_of_file(weights_) == sha256_ ? State::good : State::damaged;
}

std::string BundleFolder::part_path() const { return beside(".part").string(); }

fs::path BundleFolder::beside(const std::string& ending) const {
  constexpr std::size_t kEnough = 12;
  return folder_.parent_path() / ("." + folder_.filename().string() + "." + sha256_.substr(0, kEnough) + ending);
}

void BundleFolder::install(PartFile& part, const std::string& file, const nlohmann::ordered_json& bundle) {
  if (state_ == State::damaged) {  // its vifi.json may have been edited and stays
    part.move_to(weights_);
    return;
  }
  const fs::path stage = beside(".new");
  std::error_code error;
  fs::remove_all(stage, error);
  if (!fs::create_directory(stage, error)) {
    fail_to_write(stage, error.message());
  }
  const std::string kept = part.path();
  try {
    write_text(stage / "vifi.json", bundle.dump(2) + "\n");
    part.move_to((stage / file).string());
    sync(stage);
    // One step: either nothing stands there or all of it.
    if (::rename(stage.c_str(), folder_.c_str()) != 0) {
      const int reason = errno;
      part.move_to(kept);
      fail_to_write(folder_, std::generic_category().message(reason));
    }
  } catch (...) {
    fs::remove_all(stage, error);
    throw;
  }
  sync(folder_.parent_path());
  weights_ = (folder_ / file).string();
}

}  // namespace vifi
