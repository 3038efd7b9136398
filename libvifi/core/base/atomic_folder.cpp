#include "base/atomic_folder.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "base/atomic_file.h"
#include "vifi/error.h"

namespace vifi {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const std::string& operation, const std::string& path, const std::error_code& error) {
  throw Error(ErrorCode::unreadable, "[" + operation + "] " + path + ": " + error.message(),
              "choose a place in a folder that exists and may be written");
}

}  // namespace

void expect_nothing_at(const std::string& path, const std::string& operation) {
  std::error_code ignored;
  const bool empty_folder = fs::is_directory(path, ignored) && fs::is_empty(path, ignored);
  if (fs::symlink_status(path, ignored).type() != fs::file_type::not_found && !empty_folder) {
    throw Error(ErrorCode::invalid_argument, "[" + operation + "] " + path + " exists; nothing was written",
                "remove it or choose another name");
  }
}

AtomicFolder::AtomicFolder(std::string path, std::string operation)
    : path_(fs::absolute(path).lexically_normal().string()), operation_(std::move(operation)) {
  while (path_.size() > 1 && path_.back() == '/') {
    path_.pop_back();
  }
  expect_nothing_at(path_, operation_);
  const fs::path clean(path_);
  part_ = (clean.parent_path() / ("." + clean.filename().string() + ".part")).string();
  std::error_code error;
  fs::remove_all(part_, error);  // what a killed process left
  if (!fs::create_directory(part_, error)) {
    fail(operation_, path_, error ? error : std::make_error_code(std::errc::file_exists));
  }
}

AtomicFolder::~AtomicFolder() {
  if (!committed_) {
    std::error_code ignored;
    fs::remove_all(part_, ignored);
  }
}

void AtomicFolder::commit() {
  sync_folder(part_);
  std::error_code error;
  fs::rename(part_, path_, error);  // takes the place of an empty folder
  if (error) {
    fail(operation_, path_, error);
  }
  committed_ = true;
  sync_folder(fs::path(path_).parent_path().string());
}

}  // namespace vifi
